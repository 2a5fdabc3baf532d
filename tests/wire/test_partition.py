"""A partition is read once, from its first record to its present end, whatever stands between."""

import time
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from tests.facts import eventually
from tests.wire.log import compacted_topic, delete_before, end, new_topic, read
from wire import partition
from wire.errors import KafkaProblem
from wire.partition import read_partition


def _filled(kafka: str, count: int, **settings: str) -> str:
    topic = new_topic(kafka, 1)
    producer = Producer({"bootstrap.servers": kafka, **settings})
    if settings:
        producer.init_transactions()
        producer.begin_transaction()
    for number in range(count):
        producer.produce(topic, b"%d" % number, key=b"k%d" % number, partition=0)
    if settings:
        producer.commit_transaction()
    assert 0 == producer.flush(60)
    return topic


def test_every_record_comes_in_order(kafka: str) -> None:
    """Keys and values should come as they were written."""
    topic = _filled(kafka, 3)
    assert [(b"k0", b"0"), (b"k1", b"1"), (b"k2", b"2")] == list(read_partition(kafka, topic, 0))


def test_an_empty_partition_gives_nothing_at_once(kafka: str) -> None:
    """There should be nothing to wait for."""
    assert [] == list(read_partition(kafka, new_topic(kafka, 1), 0))


def test_a_marker_at_the_very_end_is_not_waited_for(kafka: str) -> None:
    """The mark that closes a transaction takes an offset and is no record; reading should end all the same."""
    topic = _filled(kafka, 2, **{"transactional.id": f"writer-{uuid4().hex[:8]}"})
    eventually(lambda: end(kafka, topic, 0) == 3, 60, "the transaction is closed")
    began = time.monotonic()
    assert 2 == len(list(read_partition(kafka, topic, 0)))
    assert time.monotonic() - began < 5


def test_holes_that_compaction_and_deletion_leave_are_passed_over(kafka: str) -> None:
    """What is still there should come, and nothing else."""
    compacted = compacted_topic(kafka)
    assert [m.value() for m in read(kafka, compacted, 0)] == [
        v for _, v in read_partition(kafka, compacted, 0)
    ]
    trimmed = _filled(kafka, 5)
    delete_before(kafka, trimmed, 0, 3)
    assert [b"3", b"4"] == [value for _, value in read_partition(kafka, trimmed, 0)]


def test_a_partition_that_does_not_exist_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker should be told as a problem of Kafka, not as a traceback."""
    monkeypatch.setattr(partition, "_TIMEOUT_S", 0.5)
    with pytest.raises(KafkaProblem, match="alerts/0 cannot be read"):
        list(read_partition("127.0.0.1:1", "alerts", 0))
