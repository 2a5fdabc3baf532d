"""The correlator's hands: outputs are acknowledged, memory goes on from its snapshot, a lost record ends the work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from agents.correlator import Correlator
from agents.progress import Batch, Record
from agents.snapshots import Snapshots
from local.ports import HOST, free_ports
from schemas.audit import AuditEntry, DeadLetter
from schemas.codec import decode, encode
from schemas.events import HEADER_TENANT, HEADER_TICK, Alert
from schemas.model import Message
from schemas.packets import Candidate, Packet
from schemas.settings import Settings, StateSettings
from schemas.signals import Signal
from schemas.times import SECOND
from streams.cause import Output
from streams.fold import Fold
from streams.memory import Memory
from streams.route import mark_of, route
from wire.follow import following
from wire.producer import DeliveryFailed, Outbox

T = TypeVar("T")

_NOW = 1_795_000_000 * SECOND
_EAGER = Settings(state=StateSettings(snapshot_every_s=0, refold_s=0))
"""A snapshot after every batch."""
_SIGNAL = bytes.fromhex((Path(__file__).parents[2] / "schemas/examples/signals/v1.hex").read_text())
_LOST_AFTER_S = 1.0
_LAYOUT = {"alerts": 1}
_OUTPUTS = ("incident-candidates", "context-packets", "audit-entries", "dead-letters")


def _alert(number: int, tenant: str) -> Record:
    alert = Alert(
        source="test",
        source_ref=f"test:{number}",
        fingerprint=f"fingerprint-{number}",
        name=f"Failing{number}",
        status="firing",
        service="payments",
        environment="production",
        starts_at=_NOW + number * SECOND,
    )
    return Record(number, _NOW // 1000, None, encode("alerts", alert), ((HEADER_TENANT, tenant.encode()),))


def _tick(number: int, tenant: str, seconds: int) -> Record:
    time = b"%d" % (_NOW + seconds * SECOND)
    headers = ((HEADER_TICK, time), (HEADER_TENANT, tenant.encode()))
    return Record(number, _NOW // 1000, b"tick", b"\0", headers)


def _signals(tenant: str) -> list[bytes]:
    """Three alerts one after the other, with ticks between until everything has settled."""
    records = [
        _alert(0, tenant),
        _tick(1, tenant, 1),
        _alert(2, tenant),
        _tick(3, tenant, 40),
        _alert(4, tenant),
        _tick(5, tenant, 500),
    ]
    values = []
    for record in records:
        routed = route("alerts", 0, [record], 1, Settings(), "test")
        values += [encode("signals", signal) for _, signal in routed.signals]
        if routed.clocks:
            values.append(encode("signals", mark_of("alerts", 0, record.offset + 1, _LAYOUT, routed)))
    return values


def _batch(partition: int, first: int, values: Sequence[bytes]) -> Batch:
    records = [Record(first + n, _NOW // 1000, None, value, ()) for n, value in enumerate(values)]
    return Batch("signals", partition, records, first, first + len(values), 1)


def _with(topics: str, use: Callable[[Correlator], Awaitable[T]], **client: int) -> T:
    """What `use` gives with the correlator of a process that has just started."""

    async def run() -> T:
        outbox = Outbox(topics, client=client)
        try:
            return await use(Correlator(outbox, Snapshots(outbox, topics, _EAGER.state), _EAGER, "test"))
        finally:
            await outbox.close()

    return asyncio.run(run())


def _folded(partition: int, values: Sequence[bytes]) -> list[Output]:
    """What the fold says of the same signals, in one go."""
    fold = Fold(Memory(partition), _EAGER, "test")
    outputs: list[Output] = []
    for offset, value in enumerate(values):
        signal = decode("signals", value)
        assert isinstance(signal, Signal)
        outputs += fold.apply(offset, signal)
    return outputs


def _sent(topics: str, tenant: str) -> list[tuple[str, bytes]]:
    """Topic and value of every output of a tenant."""
    found = []
    for topic in _OUTPUTS:
        with following(topics, topic) as follower:
            found += [(topic, value) for value in follower.rest() if tenant == _tenant(topic, value)]
    return sorted(found)


def _tenant(topic: str, value: bytes) -> str:
    message = decode(topic, value)
    return str(getattr(getattr(message, "candidate", message), "tenant", ""))


def _expected(outputs: Sequence[Output]) -> list[tuple[str, bytes]]:
    return sorted((output.topic, encode(output.topic, output.message)) for output in outputs)


def test_when_a_batch_is_handled_the_broker_has_everything_that_follows_from_it(topics: str) -> None:
    """Candidates, packets and decisions should be there under their tenant's key, as the fold said them."""
    values = _signals("replay-one")
    _with(topics, lambda correlator: correlator.handle(_batch(0, 0, values)))
    sent = _sent(topics, "replay-one")
    assert _expected(_folded(0, values)) == sent
    assert {"incident-candidates", "context-packets", "audit-entries"} <= {topic for topic, _ in sent}


def test_a_restart_goes_on_from_the_snapshot_as_if_it_had_never_stopped(topics: str) -> None:
    """The second process should ask for the offset after the first one's last batch, and say what one would have."""
    values, cut = _signals("replay-two"), 3
    _with(topics, lambda correlator: correlator.handle(_batch(1, 0, values[:cut])))

    async def go_on(correlator: Correlator) -> dict[int, int]:
        positions = dict(await correlator.positions(frozenset({1})))
        await correlator.handle(_batch(1, cut, values[cut:]))
        return positions

    assert {1: cut} == _with(topics, go_on)
    assert _expected(_folded(1, values)) == _sent(topics, "replay-two")


def test_signals_that_come_again_give_the_same_outputs_again_and_no_others(topics: str) -> None:
    """After a kill between outputs and snapshot the same identities should be sent, with the same content."""
    values = _signals("replay-three")

    async def twice(correlator: Correlator) -> None:
        await correlator.handle(_batch(2, 0, values))
        correlator.partitions.clear()
        await correlator.handle(_batch(2, 0, values))

    _with(topics, twice)
    once = _expected(_folded(2, values))
    assert sorted(once * 2) == _sent(topics, "replay-three")


def test_a_partition_that_goes_to_another_worker_is_stored_and_forgotten(topics: str) -> None:
    """Whoever gets it should go on where it was given up."""
    values = _signals("replay-four")

    async def give_up(correlator: Correlator) -> dict[int, int]:
        correlator.settings = Settings()
        await correlator.handle(_batch(3, 0, values))
        await correlator.released(frozenset({3, 4}))
        assert not correlator.partitions
        return dict(await correlator.positions(frozenset({3, 4})))

    assert {3: len(values)} == _with(topics, give_up)


def test_a_record_on_signals_that_is_none_is_a_dead_letter_and_the_others_count(topics: str) -> None:
    """Its place and reason should be told; what stands around it should be folded."""
    values = _signals("replay-five")
    holed = [values[0], b"no signal at all", *values[1:]]
    _with(topics, lambda correlator: correlator.handle(_batch(5, 0, holed)))
    letters = [decode("dead-letters", value) for _, value in _sent(topics, "")]
    assert [("not_wire_format", 5, 1)] == [
        (letter.reason, letter.partition, letter.offset)
        for letter in letters
        if isinstance(letter, DeadLetter)
    ]
    sent = [decode(topic, value) for topic, value in _sent(topics, "replay-five")]
    assert {"settled"} <= {message.phase for message in sent if isinstance(message, Candidate)}


def test_after_a_delivery_that_failed_nothing_more_is_sent(topics: str) -> None:
    """The batch should fail, the next one too, and no packet should be there without what comes before it."""
    values = _signals("replay-six")

    async def fail(correlator: Correlator) -> None:
        with pytest.raises(DeliveryFailed, match="Kafka did not take a record"):
            await correlator.handle(_batch(6, 0, values))
        with pytest.raises(DeliveryFailed, match="nothing more is sent"):
            await correlator.handle(_batch(6, len(values), values))
        assert 0 == correlator.partitions[6].saved_offset

    _with(topics, fail, **{"message.max.bytes": 1000})
    assert not [m for m in _messages(topics, "replay-six") if isinstance(m, Packet | AuditEntry)]


def _messages(topics: str, tenant: str) -> list[Message]:
    return [decode(topic, value) for topic, value in _sent(topics, tenant)]


def test_waiting_for_kafka_does_not_count_as_folding() -> None:
    """A snapshot is due by the time that folding takes; a slow broker should not make snapshots more frequent."""
    nobody = f"{HOST}:{free_ports(1)[0]}"

    async def run() -> float:
        outbox = Outbox(nobody, timeout_s=_LOST_AFTER_S)
        correlator = Correlator(outbox, Snapshots(outbox, nobody, Settings().state), Settings(), "test")
        with pytest.raises(DeliveryFailed):
            await correlator.handle(Batch("signals", 0, [Record(0, 1_000, None, _SIGNAL, ())], 0, 1, 1))
        await outbox.close()
        return correlator.partitions[0].folding_s

    assert 0 < asyncio.run(run()) < _LOST_AFTER_S / 2
