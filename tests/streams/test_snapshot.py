"""The whole memory as bytes and back: folding goes on as if it had never stopped."""

from dataclasses import fields, replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Alert, Entity, Shift
from schemas.settings import Settings
from streams.cause import Output
from streams.fold import Fold
from streams.memory import Memory
from streams.snapshot import FORMAT, UnknownFormat, dump, dumped, load
from streams.state import AlertState
from tests.streams.world import Sent, World, alert, at, change, entity, shop


def _rota(team: str) -> Entity:
    shift = Shift(start=at(0), end=at(1000), person="a.osei")
    return Entity(
        entity="rota:desk", kind="rota", name="desk", owner=team, shifts=(shift,), original='{"a.osei":1}'
    )


def _bare_end(service: str, environment: str | None) -> Alert:
    made = alert(service, start=325, status="resolved", environment=environment)
    return made.model_copy(update={"start_known": False})


def _story() -> World:
    """A story with a bit of everything, whose clock follows: the state at its end is all but empty."""
    world = shop(ended=False)
    steps: list[Sent] = [
        Sent(change("flag", "express", when=40, service="payment", before="off", after="on"), 45),
        Sent(change("config", "limits", when=50, environment=None), 51),
        Sent(alert("payment", start=100), 105),
        Sent(alert("payment", start=100), 110),
        Sent(alert("checkout", start=130, environment=None), 131),
        Sent(alert("ledger", start=140, status="resolved"), 210),
        Sent(alert("payment", start=900_000, fingerprint="future"), 220),
        Sent(alert("payment", start=100, status="resolved"), 300),
        Sent(_bare_end("checkout", None), 302),
        Sent(_bare_end("desk", "production"), 303),
        Sent(entity("desk", "payment", "ledger"), 310),
        Sent(_rota("team-desk"), 311),
        Sent(alert("desk", start=320), 321),
        Sent(alert("payment", start=700), 701),
        Sent(change("flag", "express", when=720, service="payment", before="on", after="off"), 730),
        Sent(alert("payment", "Slow", start=2400), 2401),
    ]
    for sent in steps:
        world.tick(sent.received - 0.001)
        world.send([sent])
    return world


STORY = _story()


def _folded(memory: Memory, since: int) -> list[Output]:
    fold = Fold(memory, Settings(), "test")
    return [output for n in range(since, len(STORY.log)) for output in fold.apply(n, STORY.log[n])]


def _memory_at(offset: int) -> Memory:
    memory = Memory(0)
    fold = Fold(memory, Settings(), "test")
    for n in range(offset):
        fold.apply(n, STORY.log[n])
    return memory


def test_a_snapshot_of_a_snapshot_is_the_same_snapshot() -> None:
    """Nothing is lost and nothing is added on the way."""
    once = dump(STORY.memory)
    assert once == dump(load(once))


@settings(max_examples=40)
@given(st.integers(0, len(STORY.log)))
def test_folding_on_from_a_snapshot_sends_what_folding_without_a_stop_sends(offset: int) -> None:
    """At every point of the log, byte for byte."""
    memory = _memory_at(offset)
    restored = load(dump(memory))
    assert _folded(memory, offset) == _folded(restored, offset)
    assert dump(memory) == dump(restored)


def test_an_alert_comes_back_whole() -> None:
    """Every part of it, also those that only the decisions read."""
    world = _memory_at(len(STORY.log))
    restored = load(dump(world))
    for key, scope in world.scopes.items():
        for alert_key, state in scope.alerts.items():
            other = restored.scopes[key].alerts[alert_key]
            parts = {part.name: getattr(other, part.name) for part in fields(AlertState)}
            assert {part.name: getattr(state, part.name) for part in fields(AlertState)} == parts


def test_some_alerts_of_the_story_had_settled_and_some_had_not() -> None:
    """Else the test above would prove little."""
    alerts = [a for scope in _memory_at(len(STORY.log)).scopes.values() for a in scope.alerts.values()]
    assert {True, False} == {state.settled for state in alerts}
    assert {True, False} == {state.decided is None for state in alerts}


def test_every_part_of_a_scope_comes_back() -> None:
    """But for the views, which are built again."""
    memory = _memory_at(len(STORY.log))
    restored = load(dump(memory))
    for key, scope in memory.scopes.items():
        other = restored.scopes[key]
        assert {f.name for f in fields(scope)} - {"views", "plans", "due"} == {
            f.name
            for f in fields(scope)
            if f.name != "due" and getattr(scope, f.name) == getattr(other, f.name)
        } - {"views", "plans"}
        assert sorted(scope.due) == sorted(other.due)


def test_clocks_and_cursors_come_back() -> None:
    """The list of inputs too, without which no clock moves."""
    memory = STORY.memory
    restored = load(dump(memory))
    assert (memory.clocks, memory.cursors) == (restored.clocks, restored.cursors)
    assert (memory.partition, memory.next_offset) == (restored.partition, restored.next_offset)


def test_an_empty_memory_has_a_snapshot() -> None:
    """A partition that nothing was written to."""
    assert Memory(3) == load(dump(Memory(3)))


def test_equal_memories_give_equal_bytes() -> None:
    """Whatever the order in which they were filled."""
    one, other = Memory(0), Memory(0)
    for memory, names in ((one, ("a", "b")), (other, ("b", "a"))):
        for name in names:
            memory.tenant(name)
            memory.scope(name, "production")
    assert dump(one) == dump(other)


@pytest.mark.parametrize("version", [FORMAT + 1, FORMAT - 1, str(FORMAT), None])
def test_an_unknown_format_is_refused(version: object) -> None:
    """Whoever wrote it knew things that we do not; the log is folded again instead."""
    stored = orjson.loads(dump(STORY.memory))
    with pytest.raises(UnknownFormat, match=f"has format {version}, this build reads {FORMAT}"):
        load(orjson.dumps({**stored, "format": version}))


def test_a_snapshot_is_made_in_slices_that_are_its_bytes() -> None:
    """More alerts than a slice holds should come in several slices, and all of them should come back."""
    memory = _memory_at(len(STORY.log))
    scope = next(scope for scope in memory.scopes.values() if scope.alerts)
    (_, alert_state), *_ = scope.alerts.items()
    for number in range(1_000):
        facts = alert_state.facts.model_copy(update={"fingerprint": f"f{number}"})
        key = (facts.starts_at, facts.fingerprint)
        scope.alerts[key] = replace(alert_state, key=key, facts=facts)
    slices = list(dumped(memory))
    assert b"".join(slices) == dump(memory)
    assert max(map(len, slices)) < len(dump(memory)) / 4
    assert scope.alerts == load(dump(memory)).scopes[scope.tenant, scope.environment].alerts
