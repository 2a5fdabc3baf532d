"""What is remembered between looks is never stale; what is built unchecked is what a check would have let in."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import CHANGE_KINDS
from schemas.settings import Settings
from streams.cause import Output
from streams.fold import Fold
from streams.memory import Memory
from streams.snapshot import dump, load
from tests.streams.said import says
from tests.streams.world import SHOP, Sent, World, alert, change, entity

_law = settings(max_examples=40)
_SERVICES = ("frontend", "checkout", "payment", "cart", "ledger", None)
_VALUES = ("off", "on", None)
_SAYS = {0: "hand_over", 3: "reject", 6: "close", 8: "confirm"}
"""What is said in a second with this last digit."""
_seconds = st.integers(0, 1500)


@st.composite
def _alerts(draw: st.DrawFn) -> Sent:
    """One of few alerts, so that it comes again, ends, and ends earlier than was said before."""
    service, name = draw(st.sampled_from(_SERVICES)), draw(st.sampled_from(("HighErrorRate", "Latency")))
    start, status = draw(st.sampled_from((0, 60, 600))), draw(st.sampled_from(("firing", "resolved")))
    end = start + draw(st.sampled_from((60, 300, 900)))
    return Sent(alert(service, name, start=start, status=status, end=end), start + draw(_seconds))


@st.composite
def _changes(draw: st.DrawFn) -> Sent:
    """One of few changes of few targets, so that they tell of each other and are reported again."""
    kind, service = draw(st.sampled_from(CHANGE_KINDS)), draw(st.sampled_from(_SERVICES))
    environment, when = draw(st.sampled_from(("production", None))), draw(st.sampled_from((0, 30, 90, 700)))
    values = draw(st.sampled_from(_VALUES)), draw(st.sampled_from(_VALUES))
    made = change(
        kind,
        service or "thing",
        when=when,
        service=service,
        environment=environment,
        before=values[0],
        after=values[1],
    )
    return Sent(made, when + draw(_seconds))


@st.composite
def _entries(draw: st.DrawFn) -> Sent:
    """The catalog says something new in the middle of it all."""
    needs = draw(st.lists(st.sampled_from(("payment", "cart", "ledger")), max_size=2, unique=True))
    made = entity(
        draw(st.sampled_from(("checkout", "billing"))), *needs, owner=draw(st.sampled_from(("a", "b")))
    )
    return Sent(made, draw(_seconds))


stories = st.lists(_alerts() | _alerts() | _changes() | _entries(), min_size=2, max_size=16)


def _told(story: list[Sent], *, is_clocked: bool) -> World:
    """The story as it was received; somebody says something now and then, of the first candidate that there is."""
    world = World()
    world.send(Sent(entry, 0) for entry in SHOP)
    for sent in sorted(story, key=lambda one: one.received):
        if is_clocked:
            world.tick(sent.received - 0.001)
        world.send([sent])
        if (kind := _SAYS.get(round(sent.received) % 10)) and world.candidates():
            first = min(world.candidates().items())[1]
            suspect = first.suspects[0].source_ref if kind in {"confirm", "reject"} else None
            more = {"hand_over": {"team": "c"}, "close": {"cause": "unknown"}}.get(
                kind, {"source_ref": suspect}
            )
            world.send([says(kind, first.candidate_id, when=sent.received, **more)])
    world.tick(None)
    return world


def _forgetful(world: World) -> list[Output]:
    """The outputs of a fold that starts anew before every record, and so remembers nothing but its state."""
    memory, outputs = Memory(0), list[Output]()
    for offset, signal in enumerate(world.log):
        memory = load(dump(memory))
        outputs.extend(Fold(memory, Settings(), world.build).apply(offset, signal))
    return outputs


@_law
@given(story=stories, data=st.data())
def test_a_fold_that_remembers_says_what_one_says_that_looks_at_everything_anew(
    story: list[Sent], data: st.DataObject
) -> None:
    """Whatever is kept between two looks is kept only while nothing that it was made of has changed."""
    world = _told(story, is_clocked=data.draw(st.booleans()))
    assert _forgetful(world) == world.outputs


@_law
@given(story=stories)
def test_what_is_built_without_a_check_is_what_a_check_lets_in(story: list[Sent]) -> None:
    """Every packet, candidate and entry, validated anew from its own fields, is the same to the byte."""
    for message in (output.message for output in _told(story, is_clocked=True).outputs):
        again = type(message).model_validate(message.model_dump())
        assert again == message
        assert again.model_dump_json() == message.model_dump_json()
