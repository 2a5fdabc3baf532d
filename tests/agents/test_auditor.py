"""The auditor on real Kafka: order, no repeats, kill -9 in the middle of a transaction, one writer only."""

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from agents.auditor import Auditor
from schemas.audit import AuditCheckpoint, AuditEntry, AuditRecord, Position
from schemas.codec import decode, encode
from schemas.identity import leaf_hash
from schemas.settings import KafkaSettings, Settings
from tests.brokers import laid_out
from tests.children import started, told
from tests.facts import eventually
from tests.schemas.examples import example
from wire.admin import end_offsets
from wire.errors import KafkaProblem, Unreachable
from wire.tail import read_tail


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A broker for this module; each test has a partition of its own, named at its top."""
    with laid_out(tmp_path_factory.mktemp("auditor"), 9) as settings:
        yield Settings(kafka=settings)


def _entry(offset: int, partition: int = 0, topic: str = "signals", index: int = 0) -> bytes:
    entry = example("audit-entries")
    assert isinstance(entry, AuditEntry)
    position = Position(topic=topic, partition=partition, offset=offset, index=index)
    return encode("audit-entries", entry.model_copy(update={"position": position}))


def _send(settings: KafkaSettings, partition: int, values: list[bytes], at_ms: int = 0) -> None:
    """Send entries; `at_ms` is their time in milliseconds since 1970, 0 for now."""
    producer = Producer({"bootstrap.servers": settings.bootstrap, "acks": "all"})
    for value in values:
        producer.produce("audit-entries", value, key=b"default/x", partition=partition, timestamp=at_ms)
    assert 0 == producer.flush(60)


def _log(settings: KafkaSettings, partition: int) -> list[AuditRecord]:
    """Every confirmed line of a partition."""
    found = read_tail(settings.bootstrap, "audit", partition, lambda _: False)
    lines = [decode("audit", message.value()) for message in found]
    return [line for line in lines if isinstance(line, AuditRecord)]


def _drain(auditor: Auditor, settings: Settings) -> None:
    """Step until all is on record that stands among the entries now."""
    ends = end_offsets(settings.kafka.bootstrap, [("audit-entries", p) for p in auditor.positions])

    def written() -> bool:
        auditor.step()
        return all(auditor.positions[partition] == end for (_, partition), end in ends.items())

    eventually(written, 60, "the auditor has read everything")


def _run(settings: Settings) -> None:
    auditor = Auditor(settings, "test")
    _drain(auditor, settings)
    auditor.close()


def test_entries_are_on_record_in_order_with_their_bytes(configured: Settings) -> None:
    """Each partition should have its entries as lines 0, 1, 2, ... with leaf hashes over the exact bytes."""
    values = [[_entry(n, p) for n in range(30)] for p in (0, 1)]
    for partition in (0, 1):
        _send(configured.kafka, partition, values[partition])
    _run(configured)
    for partition in (0, 1):
        lines = _log(configured.kafka, partition)
        assert values[partition] == [line.entry for line in lines]
        assert list(range(30)) == [line.sequence for line in lines]
        assert [leaf_hash(value) for value in values[partition]] == [line.leaf_hash for line in lines]


def test_repeats_collapse_also_after_a_restart_and_junk_is_kept(configured: Settings) -> None:
    """What a worker sends again should be no line; bytes that are no entry should be one."""
    _send(configured.kafka, 2, [*(_entry(n) for n in range(10)), b"junk", *(_entry(n) for n in range(5, 12))])
    _run(configured)
    _send(configured.kafka, 2, [_entry(n) for n in range(15)])
    _run(configured)
    entries = [line.entry for line in _log(configured.kafka, 2)]
    assert [*(_entry(n) for n in range(10)), b"junk", *(_entry(n) for n in range(10, 15))] == entries


def test_a_checkpoint_stands_with_each_batch(configured: Settings) -> None:
    """The last checkpoint should say where the log stands and how far each source has come."""
    _send(configured.kafka, 3, [_entry(7), _entry(3, topic="alerts", partition=1, index=2)])
    _run(configured)
    last = read_tail(configured.kafka.bootstrap, "audit-checkpoints", 3, bool)[-1]
    checkpoint = decode("audit-checkpoints", last.value())
    assert isinstance(checkpoint, AuditCheckpoint)
    assert (2, 2) == (checkpoint.next_sequence, checkpoint.entries_offset)
    heads = {(h.topic, h.partition, h.offset, h.index) for h in checkpoint.heads}
    assert {("signals", 0, 7, 0), ("alerts", 1, 3, 2)} == heads


def _process(settings: Settings) -> AbstractContextManager[subprocess.Popen[str]]:
    return started("tests.agents.audit_process", settings.model_dump_json())


def test_kill_9_in_the_middle_of_transactions_gives_every_line_once(configured: Settings) -> None:
    """An auditor that is killed again and again should leave the log of one that never was."""
    values = [_entry(n) for n in range(60_000)]
    _send(configured.kafka, 4, values)
    chance = random.Random(11)  # noqa: S311 - when to kill, the same in every run
    kills = 0
    while (known := _confirmed(configured.kafka, 4)) < len(values) and kills < 6:
        bound = min(known + chance.randrange(1, 3_000), len(values))
        with _process(configured):
            eventually(lambda: _confirmed(configured.kafka, 4) >= bound, 60, "the auditor makes progress")  # noqa: B023
        kills += 1
    assert kills > 1
    _run(configured)
    lines = _log(configured.kafka, 4)
    assert list(range(len(values))) == [line.sequence for line in lines]
    assert values == [line.entry for line in lines]


def _confirmed(settings: KafkaSettings, partition: int) -> int:
    """How many lines the last checkpoint confirms."""
    found = read_tail(settings.bootstrap, "audit-checkpoints", partition, bool)
    last = decode("audit-checkpoints", found[-1].value()) if found else None
    return last.next_sequence if isinstance(last, AuditCheckpoint) else 0


def test_the_first_of_two_auditors_is_refused(configured: Settings) -> None:
    """A second auditor should take over, and the first should end without having written a line twice."""
    one = Auditor(configured, "one")
    _send(configured.kafka, 5, [_entry(n) for n in range(5)])
    two = Auditor(configured, "two")
    with pytest.raises(KafkaProblem, match="another auditor has taken over partition 5; only one may run"):
        _drain(one, configured)
    _drain(two, configured)
    assert list(range(5)) == [line.position.offset for line in _log(configured.kafka, 5)]
    one.close()
    two.close()


def test_an_auditor_that_is_taken_over_leaves_with_1_and_one_that_is_stopped_with_0(
    configured: Settings,
) -> None:
    """The exit codes should tell an ordered end from one that somebody must look at."""
    with _process(configured) as first:
        _send(configured.kafka, 6, [_entry(0)])
        eventually(lambda: _confirmed(configured.kafka, 6) == 1, 60, "the first has written")
        with _process(configured) as second:
            _send(configured.kafka, 6, [_entry(1)])
            eventually(lambda: _confirmed(configured.kafka, 6) == 2, 60, "one of them has written")

            def taken_over() -> bool:
                _send(configured.kafka, 6, [_entry(2)])
                return first.poll() is not None

            eventually(taken_over, 60, "the second has taken over")
            code, lines = told(first, "auditor")
            assert (1, True) == (code, "another auditor has taken over" in lines[0])
            second.send_signal(signal.SIGTERM)
            assert (0, []) == told(second, "auditor")


def test_old_entries_are_deleted_once_they_are_on_record(configured: Settings) -> None:
    """Entries of last month should go, and only when they stand in the log; those of today should stay."""
    month_ago = time.time_ns() // 1_000_000 - 30 * 86_400_000
    _send(configured.kafka, 8, [_entry(n) for n in range(5)], month_ago)
    _send(configured.kafka, 8, [_entry(n) for n in range(5, 8)])
    _run(configured)
    assert 0 == _first_kept(configured.kafka, 8)
    _run(configured)
    assert 5 == _first_kept(configured.kafka, 8)
    assert list(range(8)) == [line.sequence for line in _log(configured.kafka, 8)]


def _first_kept(settings: KafkaSettings, partition: int) -> int:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    where = TopicPartition("audit-entries", partition)
    earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call] # published without types
    return int(admin.list_offsets({where: earliest})[where].result().offset)


def test_entries_that_were_deleted_before_they_were_on_record_are_told(configured: Settings) -> None:
    """A hole in the entries should stop the auditor with one line, never be skipped; so it comes last here."""
    _send(configured.kafka, 7, [_entry(n) for n in range(5)])
    admin = AdminClient({"bootstrap.servers": configured.kafka.bootstrap})
    for future in admin.delete_records([TopicPartition("audit-entries", 7, 3)]).values():
        future.result()
    auditor = Auditor(configured, "test")
    with pytest.raises(KafkaProblem, match="cannot be read on from where the log stands"):
        _drain(auditor, configured)
    auditor.close()


def test_no_broker_is_told() -> None:
    """An absent broker should be one line."""
    with pytest.raises(Unreachable, match="no Kafka broker answers"):
        Auditor(Settings(kafka=KafkaSettings(bootstrap="127.0.0.1:9")), "test")
