"""What people want to be one incident and what two: it holds, whatever comes later and however it comes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import candidate_id
from schemas.packets import Candidate
from streams.export import export
from streams.fold import Fold
from streams.snapshot import dump, load
from tests.streams.said import candidate_of, id_of, named, packet_of, says
from tests.streams.world import SHOP, Sent, World, at, fires, payment_incident, shop

NOW = 200.0
APART = (fires(), fires("ledger", 150))
"""Two systems that alert at the same time: two incidents by themselves."""


def _split(*services: str) -> tuple[World, Sent]:
    """The payment incident, of which these services are split off."""
    world = shop(*payment_incident(), ended=False)
    incident = candidate_of(world, "payment")
    staying = {member.service or "" for member in incident.members} - {*services}
    leaving, kept = named(incident, *services), named(incident, *staying)
    said = says("split", incident.candidate_id, when=NOW, alerts=leaving, kept=kept)
    world.send([said])
    return world, said


def _merged() -> tuple[World, Sent]:
    """Two incidents that a person has made one."""
    world = shop(*APART, ended=False)
    one, other = candidate_of(world, "ledger"), candidate_of(world, "payment")
    said = says("merge", one.candidate_id, when=NOW, into=other.candidate_id)
    world.send([said])
    return world, said


def test_what_is_split_off_is_an_incident_of_its_own() -> None:
    """At once, and both say so."""
    world, _ = _split("frontend")
    assert [["checkout", "payment"], ["frontend"]] == world.groups()
    packet = packet_of(world, candidate_of(world, "payment"))
    assert "h.nakamura split off 1 alert as another incident" in packet.whats_new


def test_a_split_holds_when_more_alerts_come() -> None:
    """Each goes to the side that it has more in common with; the two never become one again."""
    world, _ = _split("frontend")
    late = Sent(fires("checkout", 120, "Slow").message, NOW + 60)
    world.send([fires("frontend", NOW + 30, "Latency2"), fires("payment", NOW + 40, "Slow"), late])
    world.tick(None)
    one, other = candidate_of(world, "payment"), candidate_of(world, "frontend")
    assert one.candidate_id != other.candidate_id
    assert 2 == len(world.candidates())


def test_two_that_are_merged_are_one_incident() -> None:
    """The earlier survives, the other says where it went; what was said of it came along."""
    world, _ = _merged()
    assert [["ledger", "payment"]] == world.groups()
    gone = [o.message for o in world.outputs if isinstance(o.message, Candidate) and o.message.merged_into]
    assert [candidate_of(world, "payment").candidate_id] == [one.merged_into for one in gone]
    assert ["merge"] == [heard.kind for heard in world.packets()[-1].feedback]


def test_a_merge_holds_when_more_alerts_come() -> None:
    """A later alert of either belongs to the one; the decisions on record say the same."""
    world, _ = _merged()
    world.send([fires("ledger", NOW + 30, "Slow"), Sent(fires("payment", 90, "Early").message, NOW + 40)])
    world.tick(None)
    assert [["ledger", "ledger", "payment", "payment"]] == [
        sorted(str(m.service) for m in one.members) for one in world.candidates().values()
    ]


def test_a_merge_reaches_beyond_the_life_of_a_candidate() -> None:
    """A person may say that what failed again an hour later is the same."""
    world = shop(fires(), fires("payment", 5000, fingerprint="again"), ended=False)
    first, again = sorted(world.candidates().values(), key=lambda one: one.opened_at)
    world.send([says("merge", again.candidate_id, when=5100, into=first.candidate_id)])
    assert 1 == len(world.candidates())


def test_what_is_taken_back_falls_apart_again() -> None:
    """Both kinds of wishes."""
    world, said = _merged()
    about = candidate_of(world, "ledger").candidate_id
    world.send([says("undo", about, when=NOW + 1, undoes=id_of(said))])
    assert [["payment"], ["ledger"]] == world.groups()
    world, said = _split("frontend")
    about = candidate_of(world, "payment").candidate_id
    world.send([says("undo", about, when=NOW + 1, undoes=id_of(said))])
    assert [["checkout", "frontend", "payment"]] == world.groups()


def test_of_two_wishes_that_contradict_each_other_the_later_counts() -> None:
    """Whoever merges what was split off has one incident again."""
    world, _ = _split("frontend")
    one, other = candidate_of(world, "frontend"), candidate_of(world, "payment")
    world.send([says("merge", one.candidate_id, when=NOW + 5, into=other.candidate_id)])
    assert [["checkout", "frontend", "payment"]] == world.groups()


def test_without_naming_what_stays_the_first_alert_does() -> None:
    """Over HTTP only what leaves has to be named; the rest goes where it fits better."""
    world = shop(*payment_incident(), ended=False)
    incident = candidate_of(world, "payment")
    world.send([says("split", incident.candidate_id, when=NOW, alerts=named(incident, "frontend"))])
    assert candidate_of(world, "payment").candidate_id == incident.candidate_id
    assert 2 == len(world.candidates())


def test_the_first_alert_itself_may_be_split_off() -> None:
    """Everything else stays, under the name of its own first alert."""
    world, _ = _split("payment")
    assert [["payment"], ["checkout", "frontend"]] == world.groups()


def test_what_nobody_ever_had_together_is_not_torn_apart() -> None:
    """Alerts that a split names and that are in incidents of their own stay as they are."""
    world = shop(*APART, ended=False)
    incident = candidate_of(world, "payment")
    other = named(candidate_of(world, "ledger"), "ledger")
    before = world.groups()
    world.send([says("split", incident.candidate_id, when=NOW, alerts=other)])
    assert before == world.groups()


SAID = st.sampled_from(("split", "merge", "undo", "close", "reject", "false_page"))
SERVICES = ("payment", "checkout", "frontend", "cart", "ledger")


@st.composite
def _stories(draw: st.DrawFn) -> list[Sent]:
    """Alerts of some services, and what people say of the candidates that each may begin."""
    starts = draw(st.lists(st.integers(0, 2000), min_size=2, max_size=6, unique=True))
    alerts = [fires(draw(st.sampled_from(SERVICES)), start, fingerprint=f"fp{start}") for start in starts]
    told: list[Sent] = []
    names = [candidate_id("production", at(start), f"fp{start}") for start in starts]
    for number in range(draw(st.integers(1, 4))):
        one, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        leaving = [{"fingerprint": f"fp{s}", "starts_at": at(s)} for s in starts[: 1 + number % 2]]
        needs: dict[str, dict[str, Any]] = {
            "split": {"alerts": leaving},
            "merge": {"into": other},
            "undo": {"undoes": id_of(told[0]) if told else "nothing"},
            "close": {"cause": "x"},
        }
        kind = draw(SAID)
        told.append(says(kind, one, when=2100 + number, **needs.get(kind, {})))
    return [*alerts, *told]


def _export(world: World) -> bytes:
    return export(o.message for o in world.outputs if isinstance(o.message, Candidate))


@settings(max_examples=40)
@given(story=_stories(), data=st.data())
def test_any_order_of_arrival_gives_the_same_candidates(story: list[Sent], data: st.DataObject) -> None:
    """What people say is a set like any other: its order is that of its times."""
    shuffled = shop(*data.draw(st.permutations(story)))
    assert _export(shop(*story)) == _export(shuffled)


@settings(max_examples=40)
@given(story=_stories(), data=st.data())
def test_a_restart_from_a_snapshot_goes_on_with_the_same_bytes(
    story: list[Sent], data: st.DataObject
) -> None:
    """A snapshot holds what was said, and whom it was found to mean."""
    world = shop(*story)
    cut = data.draw(st.integers(len(SHOP), len(world.log) - 1))
    begun = World()
    begun.fold(world.log[:cut])
    fold = Fold(load(dump(begun.memory)), world.settings, world.build)
    outputs = [output for n in range(cut, len(world.log)) for output in fold.apply(n, world.log[n])]
    assert world.outputs[len(begun.outputs) :] == outputs
    assert dump(world.memory) == dump(fold.memory)
