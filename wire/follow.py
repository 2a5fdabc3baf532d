"""Reading a topic from its first record on, as any consumer of it may, without a group and without commits.

May not: know what the records mean. Goes to: commands that show what comes by.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from wire.admin import end_offsets, layout
from wire.errors import KafkaProblem

_WAIT_S = 0.2


class Follower:
    """All partitions of one topic, from their earliest records. KafkaProblem where there is no such topic."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        partitions = layout(bootstrap).get(topic)
        if partitions is None:
            raise KafkaProblem(f"{bootstrap} has no topic {topic}; create the topics first")
        self._bootstrap = bootstrap
        settings = {"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False}
        self._consumer = Consumer(
            {**settings, "fetch.wait.max.ms": 20}, logger=logging.getLogger("librdkafka")
        )
        self._places = [(topic, partition) for partition in range(partitions)]
        # Not offset 0: once retention has come that far, the client would leap to the end instead.
        self._consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in self._places])

    def next(self, wait_s: float) -> bytes | None:
        """The value of the next record; None when there was none within `wait_s`."""
        message = self._consumer.poll(wait_s)
        return message.value() if message is not None and message.error() is None else None

    def rest(self) -> Iterator[bytes]:
        """The values of the records up to the present end, in the order of each partition."""
        ends = end_offsets(self._bootstrap, self._places)
        places = [TopicPartition(*place) for place in self._places]
        while any(at.offset < ends[at.topic, at.partition] > 0 for at in self._consumer.position(places)):
            value = self.next(_WAIT_S)
            if value is not None:
                yield value

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
