"""Reading by position: what is there is found, and what is not says why."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from tests.facts import eventually
from tests.wire.log import delete_before, new_topic
from wire.errors import Unreachable
from wire.reader import Found, Gone, Place, RandomReader


@pytest.fixture(scope="module")
def topic(kafka: str) -> str:
    """A topic with 1,000 records in its first partition, of which 10 are trimmed, and 5 in its second."""
    name = new_topic(kafka, 2)
    producer = Producer({"bootstrap.servers": kafka})
    for number in range(1000):
        producer.produce(name, f"a{number}".encode(), partition=0, headers=[("tenant", b"default")])
    for number in range(5):
        producer.produce(name, f"b{number}".encode(), partition=1)
    assert 0 == producer.flush(30)
    delete_before(kafka, name, 0, 10)
    return name


@pytest.fixture(scope="module")
def reader(kafka: str) -> Iterator[RandomReader]:
    """A reader that all tests share, as the sink uses one for all packets."""
    reader = RandomReader(kafka)
    yield reader
    reader.close()


def _values(answers: dict[Place, Found | Gone]) -> dict[tuple[int, int], bytes | str | None]:
    return {
        (place.partition, place.offset): answer.value if isinstance(answer, Found) else answer.why
        for place, answer in answers.items()
    }


def test_records_are_found_by_their_positions(reader: RandomReader, topic: str) -> None:
    """Near and far positions of two partitions, out of order and twice, should each give their record."""
    asked = [Place(topic, 0, 999), Place(topic, 0, 11), Place(topic, 1, 4), Place(topic, 0, 12)]
    expected = {(0, 999): b"a999", (0, 11): b"a11", (0, 12): b"a12", (1, 4): b"b4"}
    for _ in range(2):
        assert expected == _values(reader.fetch([*asked, *asked]))


def test_a_record_comes_with_its_headers_and_time(reader: RandomReader, topic: str) -> None:
    """Tenant and broker's time should be at hand."""
    found = reader.fetch([Place(topic, 0, 500)])[Place(topic, 0, 500)]
    assert isinstance(found, Found)
    assert (("tenant", b"default"),) == found.headers
    assert found.timestamp > 1_700_000_000_000


def test_what_is_not_there_says_why(reader: RandomReader, topic: str) -> None:
    """Trimmed, not yet written and never created should each be told, beside what is found."""
    asked = [
        Place(topic, 0, 3),
        Place(topic, 0, 10),
        Place(topic, 0, 1000),
        Place(topic, 1, 70),
        Place(topic, 1, 0),
    ]
    answers = _values(reader.fetch([*asked, Place(topic, 7, 0), Place("no-such-topic", 0, 0)]))
    expected = {
        (0, 3): "trimmed",
        (0, 10): b"a10",
        (0, 1000): "beyond_end",
        (1, 70): "beyond_end",
        (1, 0): b"b0",
    }
    assert {**expected, (7, 0): "no_partition", (0, 0): "no_partition"} == answers


def test_a_compacted_record_is_told_as_such(kafka: str, reader: RandomReader) -> None:
    """A record that a newer one of the same key replaced should be said to be compacted away."""
    name = new_topic(kafka, 1, cleanup_policy="compact", segment_ms="10", min_cleanable_dirty_ratio="0.01")
    place = Place(name, 0, 0)
    producer = Producer({"bootstrap.servers": kafka, "topic.metadata.refresh.interval.ms": 100})

    def compacted() -> bool:
        producer.produce(name, b"newer", key=b"one")
        producer.flush(30)
        return Gone("compacted") == reader.fetch([place])[place]

    eventually(compacted, 60, "the broker compacts the first record away")


def test_a_broker_that_does_not_answer_is_told() -> None:
    """Without a broker the reader should say so in time instead of waiting for ever."""
    reader = RandomReader("127.0.0.1:9", timeout_s=0.3)
    with pytest.raises(Unreachable):
        reader.fetch([Place("alerts", 0, 0)])
    reader.close()


def test_nothing_asked_is_nothing_answered(reader: RandomReader) -> None:
    """No places should need no broker."""
    assert {} == reader.fetch([])
