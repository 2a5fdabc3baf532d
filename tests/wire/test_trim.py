"""Deleting the head of a partition, on a real broker."""

from confluent_kafka import Producer

from tests.wire.log import new_topic
from wire.partition import read_partition
from wire.trim import delete_before, offset_at

_DAY_MS = 86_400_000


def _topic(kafka: str, ages_ms: list[int], now_ms: int) -> str:
    """A topic of one partition with one record of each age, in this order."""
    name = new_topic(kafka, 1)
    producer = Producer({"bootstrap.servers": kafka})
    for number, age in enumerate(ages_ms):
        producer.produce(name, value=b"%d" % number, partition=0, timestamp=now_ms - age)
    assert producer.flush(60) == 0
    return name


def test_the_first_young_record_is_found_by_its_time(kafka: str) -> None:
    """Records of nine, eight and one day: what is younger than a week should begin at the third."""
    now = 1_795_000_000_000
    topic = _topic(kafka, [9 * _DAY_MS, 8 * _DAY_MS, _DAY_MS], now)
    assert offset_at(kafka, topic, 0, now - 7 * _DAY_MS) == 2
    assert offset_at(kafka, topic, 0, now) is None


def test_what_lies_before_an_offset_is_gone_and_the_rest_is_there(kafka: str) -> None:
    """Deleting twice should be the same as deleting once."""
    topic = _topic(kafka, [3, 2, 1], 1_795_000_000_000)
    delete_before(kafka, topic, 0, 2)
    delete_before(kafka, topic, 0, 2)
    assert [value for _, value in read_partition(kafka, topic, 0)] == [b"2"]
