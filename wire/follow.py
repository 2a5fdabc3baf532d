"""Reading a topic from its first record on, as any consumer of it may, without a group and without commits.

May not: know what the records mean. Goes to: commands that show what comes by.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, TopicPartition

from wire.admin import layout


class Follower:
    """All partitions of one topic, from their earliest records."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        settings = {"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False}
        self._consumer = Consumer(
            {**settings, "fetch.wait.max.ms": 20}, logger=logging.getLogger("librdkafka")
        )
        partitions = range(layout(bootstrap)[topic])
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])

    def next(self, wait_s: float) -> bytes | None:
        """The value of the next record; None when there was none within `wait_s`."""
        message = self._consumer.poll(wait_s)
        return message.value() if message is not None and message.error() is None else None

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()


@contextmanager
def following(bootstrap: str, topic: str) -> Iterator[Follower]:
    """A follower for as long as the block."""
    follower = Follower(bootstrap, topic)
    try:
        yield follower
    finally:
        follower.close()
