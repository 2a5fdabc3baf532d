"""Laws of the core: what no order of arrival, repetition, cut or restart may change."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.audit import AuditEntry
from schemas.events import CHANGE_KINDS, Alert
from schemas.packets import Candidate, Packet
from schemas.settings import Settings
from streams.cause import Output
from streams.export import export
from streams.fold import Fold
from streams.memory import Memory
from streams.snapshot import dump, load
from tests.streams.world import SHOP, Sent, World, alert, at, change

SERVICES = ("frontend", "checkout", "payment", "cart", "billing", "ledger", "unheard-of", None)
_delays = st.floats(0, 110).map(lambda seconds: round(seconds, 3))

_law = settings(max_examples=40)
"""Each example folds a story at least twice, so that many small ones take longer than they find."""


@st.composite
def _alerts(draw: st.DrawFn) -> Sent:
    start = draw(st.integers(0, 4000))
    name = draw(st.sampled_from(("HighErrorRate", "Latency")))
    status = draw(st.sampled_from(("firing", "firing", "resolved")))
    made = alert(draw(st.sampled_from(SERVICES)), name, start=start, status=status)
    return Sent(made, start + draw(_delays))


@st.composite
def _ends(draw: st.DrawFn) -> Sent:
    """An end that names no start, and perhaps no environment."""
    when, environment = draw(st.integers(0, 4000)), draw(st.sampled_from(("production", None)))
    made = alert(draw(st.sampled_from(SERVICES)), start=when, status="resolved", environment=environment)
    bare = made.model_copy(update={"start_known": False, "ends_at": made.starts_at})
    return Sent(bare, when + draw(_delays))


@st.composite
def _changes(draw: st.DrawFn) -> Sent:
    when = draw(st.integers(0, 4000))
    kind = draw(st.sampled_from(CHANGE_KINDS))
    service = draw(st.sampled_from(SERVICES))
    environment = draw(st.sampled_from(("production", None)))
    made = change(kind, service or "thing", when=when, service=service, environment=environment)
    return Sent(made, when + draw(_delays))


stories = st.lists(
    _alerts() | _changes() | _ends(), min_size=1, max_size=14, unique_by=lambda sent: sent.received
)


def _told(story: Sequence[Sent], *, ticks: bool = False, fold_repeats: bool = True) -> World:
    """The story as it was received, the clock following where `ticks` is set, then its end."""
    world = World()
    world.send(Sent(entry, 0) for entry in SHOP)
    for sent in sorted(story, key=lambda s: s.received) if ticks else story:
        if ticks:
            world.tick(sent.received - 0.001)
        world.send([sent], fold_repeats=fold_repeats)
    world.tick(None)
    return world


def _export(world: World) -> bytes:
    return export(o.message for o in world.outputs if isinstance(o.message, Candidate))


def _decisions(outputs: Sequence[Output]) -> set[str]:
    return {o.message.decision_id for o in outputs if isinstance(o.message, AuditEntry)}


@_law
@given(story=stories, data=st.data())
def test_any_order_of_arrival_gives_the_same_final_candidates(story: list[Sent], data: st.DataObject) -> None:
    """Each record keeps its own times, so the order in which they come must not matter."""
    assert _export(_told(data.draw(st.permutations(story)))) == _export(_told(story))


@_law
@given(story=stories, data=st.data())
def test_any_order_of_arrival_ends_the_same_alerts_at_the_same_times(
    story: list[Sent], data: st.DataObject
) -> None:
    """An end finds its alert, or its alert finds it; an alert ends once, at or after its start."""
    told, shuffled = _ended(_told(story)), _ended(_told(data.draw(st.permutations(story))))
    assert told == shuffled
    assert all(end is None or start <= end for (start, _), end in told.items())


def _ended(world: World) -> dict[tuple[int, str], int | None]:
    return {key: one.ended_at for scope in world.memory.scopes.values() for key, one in scope.alerts.items()}


@_law
@given(story=stories)
def test_a_clock_that_follows_gives_the_same_final_candidates_as_one_that_comes_late(
    story: list[Sent],
) -> None:
    """Settling step by step ends where settling everything at once ends."""
    assert _export(_told(story, ticks=True)) == _export(_told(story))


@_law
@given(story=stories, data=st.data())
def test_any_order_within_one_tick_gives_the_same_settled_decisions(
    story: list[Sent], data: st.DataObject
) -> None:
    """The set of decisions on record does not depend on the order of the log, nor on how it was cut into batches."""
    ordered = sorted(story, key=lambda s: s.received)
    shuffled = data.draw(st.permutations(ordered))
    one = _told(ordered, fold_repeats=True)
    other = _told(shuffled, fold_repeats=False)
    assert _decisions(one.outputs) == _decisions(other.outputs)


@_law
@given(story=stories, data=st.data())
def test_records_routed_again_change_nothing(story: list[Sent], data: st.DataObject) -> None:
    """The router is at-least-once: the same positions again have no effect at all, not even on counts."""
    world = World()
    world.send(Sent(entry, 0) for entry in SHOP)
    world.send(story)
    before, memory = len(world.outputs), dump(world.memory)
    again = data.draw(st.lists(st.sampled_from([s for s in world.log if s.mark is None]), max_size=8))
    world.fold(again)
    assert len(world.outputs) == before
    assert _without_offset(dump(world.memory)) == _without_offset(memory)


def _without_offset(snapshot: bytes) -> bytes:
    memory = load(snapshot)
    memory.next_offset = 0
    return dump(memory)


@_law
@given(story=stories, data=st.data())
def test_notifications_sent_again_change_only_the_repeats(story: list[Sent], data: st.DataObject) -> None:
    """A second Alertmanager or a sender that retries adds repeats, and nothing else, to the final candidates."""
    twice = data.draw(st.lists(st.sampled_from(story), max_size=5))
    later = [Sent(sent.message, sent.received + 1) for sent in twice]
    assert _export(_told([*story, *later])) == _export(_told(story))


@_law
@given(story=stories)
def test_any_cut_into_batches_gives_the_same_final_candidates(story: list[Sent]) -> None:
    """Records routed one by one or in runs end in the same candidates."""
    assert _export(_told(story, fold_repeats=False)) == _export(_told(story))


@_law
@given(story=stories, data=st.data())
def test_a_restart_at_any_offset_gives_the_same_outputs_byte_for_byte(
    story: list[Sent], data: st.DataObject
) -> None:
    """Folding on from a snapshot sends exactly what folding without a stop would have sent."""
    told = _told(story, ticks=data.draw(st.booleans()))
    stop = data.draw(st.integers(0, len(told.log)))
    assert _folded(told, stop) == _folded(told, None)


def _folded(told: World, stop: int | None) -> list[Output]:
    fold, outputs = Fold(Memory(0), Settings(), "test"), []
    for offset, signal in enumerate(told.log):
        if offset == stop:
            fold = Fold(load(dump(fold.memory)), Settings(), "test")
        outputs.extend(fold.apply(offset, signal))
    return outputs


@_law
@given(story=stories)
def test_every_citation_of_every_packet_is_an_original_that_was_published(story: list[Sent]) -> None:
    """Evidence names the topic, partition and offset of a record that is there."""
    world = _told(story)
    for packet in (o.message for o in world.outputs if isinstance(o.message, Packet)):
        for evidence in packet.evidence:
            assert evidence.offset < len(world.topics[evidence.topic])


@_law
@given(story=stories)
def test_every_alert_is_in_exactly_one_final_candidate(story: list[Sent]) -> None:
    """Nothing is lost between the alerts that came in and the candidates that came out."""
    world = _told(story)
    members = [(m.starts_at, m.fingerprint) for c in world.candidates().values() for m in c.members]
    alerts = [s.message for s in story if isinstance(s.message, Alert)]
    came = {(told.starts_at, told.fingerprint) for told in alerts if not told.is_bare_end}
    assert sorted(members) == sorted(came)


@_law
@given(story=stories)
def test_beliefs_sum_to_one_and_no_change_is_always_an_answer(story: list[Sent]) -> None:
    """A packet's hypotheses share one belief among them, and "no recorded change" is always one of them."""
    for packet in _told(story).packets():
        assert 0.99 < sum(h.confidence for h in packet.hypotheses) < 1.01
        assert any(h.source_ref is None for h in packet.hypotheses)


@_law
@given(story=stories)
def test_evidence_ids_are_never_given_to_another_original(story: list[Sent]) -> None:
    """What e3 is in one revision of a candidate it is in every later one."""
    given_to: dict[tuple[str, str], tuple[str, int, int]] = {}
    for packet in _told(story, ticks=True).packets():
        for e in packet.evidence:
            name = (packet.candidate.candidate_id, e.id)
            assert given_to.setdefault(name, (e.topic, e.partition, e.offset)) == (
                e.topic,
                e.partition,
                e.offset,
            )


@_law
@given(story=stories)
def test_nothing_is_proposed_before_the_hold_is_over(story: list[Sent]) -> None:
    """A candidate younger than the hold proposes nothing, however sure it looks."""
    hold = Settings().correlation.hold_s
    for packet in _told(story, ticks=True).packets():
        first = packet.candidate.opened_at
        for proposal in packet.candidate.proposals:
            assert proposal.proposed_at >= first + (at(hold) - at(0))
