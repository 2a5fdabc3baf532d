"""Owns reading a partition up to its end: its last records, or all, that transactions have confirmed.

May not: know what the records mean. Goes to: whoever recovers from what it wrote last, or proves a whole log.
"""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from wire.errors import KafkaProblem, Unreachable
from wire.moving import when_settled

_FIRST_LOOK: Final = 16
"""Offsets looked at first: the markers of transactions take some."""
_WAIT_S: Final = 30.0


def read_tail(
    bootstrap: str, topic: str, partition: int, enough: Callable[[list[Message]], bool]
) -> list[Message]:
    """The last confirmed records in order, so many that `enough` says so, or all that there are.

    `enough` is asked with a list that may be empty. Raises Unreachable or KafkaProblem.
    """
    consumer = Consumer(_settings(bootstrap), logger=logging.getLogger("librdkafka"))
    try:
        low, high = _bounds(consumer, TopicPartition(topic, partition))
        look = _FIRST_LOOK
        while True:
            start = max(low, high - look)
            found = list(_to_end(consumer, TopicPartition(topic, partition, start)))
            if start == low or enough(found):
                return found
            look *= 4
    except KafkaException as error:
        raise Unreachable(bootstrap, error.args[0].str()) from error
    finally:
        consumer.close()


def read_confirmed(bootstrap: str, topic: str, partition: int) -> Iterator[Message]:
    """Every confirmed record that is there now, in order, one by one. Raises Unreachable or KafkaProblem."""
    consumer = Consumer(_settings(bootstrap), logger=logging.getLogger("librdkafka"))
    try:
        # By number: asked for its beginning, a consumer that has just been made waits half a second for nothing.
        low, _ = _bounds(consumer, TopicPartition(topic, partition))
        yield from _to_end(consumer, TopicPartition(topic, partition, low))
    except KafkaException as error:
        raise Unreachable(bootstrap, error.args[0].str()) from error
    finally:
        consumer.close()


def _bounds(consumer: Consumer, place: TopicPartition) -> tuple[int, int]:
    """The first offset and the one after the last."""
    return when_settled(lambda: consumer.get_watermark_offsets(place, _WAIT_S))


def _to_end(consumer: Consumer, start: TopicPartition) -> Iterator[Message]:
    consumer.assign([start])
    end = time.monotonic() + _WAIT_S
    while True:
        message = consumer.poll(0.2)
        error = message.error() if message is not None else None
        if message is not None and error is None:
            yield message
            end = time.monotonic() + _WAIT_S
        elif error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - published name
            return
        elif time.monotonic() > end:
            raise KafkaProblem(f"the end of {start.topic}/{start.partition} cannot be read; try again")


def _settings(bootstrap: str) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "group.id": "tail",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "fetch.wait.max.ms": 50,
        "reconnect.backoff.max.ms": 1000,
    }
