"""Following a topic shows all that is there, from its earliest record."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.brokers import laid_out
from tests.facts import eventually
from tests.wire.log import delete_before
from wire.errors import KafkaProblem
from wire.follow import following

_TOPIC = "context-packets"


@pytest.fixture
def topics(tmp_path: Path) -> Iterator[str]:
    """The address of a broker with every topic of the catalogue."""
    with laid_out(tmp_path, 1) as settings:
        yield settings.bootstrap


def test_what_retention_has_left_is_shown_from_its_first_record(topics: str) -> None:
    """A partition that no longer begins at offset 0 should be read from where it begins, not from its end."""
    producer = Producer({"bootstrap.servers": topics})
    for number in range(5):
        producer.produce(_TOPIC, b"%d" % number, partition=0)
    assert 0 == producer.flush(60)
    delete_before(topics, _TOPIC, 0, 3)
    with following(topics, _TOPIC) as follower:
        first = eventually(lambda: follower.next(0.1), 20, "a record comes by")
        assert [b"3", b"4"] == [first, *follower.rest()]


def test_a_topic_that_does_not_exist_is_one_clear_line(kafka: str) -> None:
    """The name of the missing topic should be told."""
    told = pytest.raises(KafkaProblem, match="has no topic no-such-topic; create the topics first")
    with told, following(kafka, "no-such-topic"):
        pass
