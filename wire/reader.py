"""Owns reading single records by position, and says of each one that is gone why it is.

May not: commit anything, know what the records mean. Goes to: the sink (originals that a packet cites) and
the commands that look a record up.
"""

import logging
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from wire.errors import Unreachable
from wire.moving import when_settled

_POLL_S: Final = 0.05
_READ_ON: Final = 200
"""Records that are read over rather than sought over: a seek costs a round trip."""

Why = Literal["trimmed", "compacted", "beyond_end", "no_partition"]


class Place(NamedTuple):
    """Where a record is."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Found:
    """A record that is still there. `timestamp`: the broker's or the producer's, milliseconds since 1970."""

    value: bytes | None
    headers: tuple[tuple[str, str | bytes | None], ...]
    timestamp: int
    key: bytes | None = None


@dataclass(frozen=True)
class Gone:
    """A record that is not there any more, or never was."""

    why: Why


class RandomReader:
    """One consumer that is pointed at whatever is asked for. Not to be used by two threads at once."""

    def __init__(self, bootstrap: str, timeout_s: float = 10.0) -> None:
        """`timeout_s`: how long the broker may give nothing before `fetch` raises Unreachable."""
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s
        self._consumer = Consumer(_settings(bootstrap), logger=logging.getLogger("librdkafka"))
        self._known: frozenset[tuple[str, int]] = frozenset()

    def fetch(self, places: Iterable[Place]) -> dict[Place, Found | Gone]:
        """Every place with its record, or with why there is none. Raises Unreachable."""
        answers: dict[Place, Found | Gone] = {}
        wanted = _by_partition(places)
        for where in self._unknown(wanted):
            offsets = wanted.pop(where)
            _give_up(offsets, len(offsets), where, answers, "no_partition")
        while wanted:
            self._read(wanted, answers)
        return answers

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _unknown(self, wanted: Iterable[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """The partitions that do not exist; the broker is asked only when one has not been seen before."""
        unknown = frozenset(wanted) - self._known
        if unknown:
            try:
                topics = self._consumer.list_topics(timeout=self._timeout_s).topics.values()
            except KafkaException as error:
                raise Unreachable(self._bootstrap) from error
            self._known = frozenset(
                (topic.topic or "", number) for topic in topics for number in topic.partitions
            )
        return unknown - self._known

    def _read(self, wanted: dict[tuple[str, int], list[int]], answers: dict[Place, Found | Gone]) -> None:
        """One assignment, read until all is answered or a partition must be looked at anew."""
        self._consumer.assign([TopicPartition(*where, offsets[0]) for where, offsets in wanted.items()])
        end = time.monotonic() + self._timeout_s
        try:
            while wanted:
                message = self._consumer.poll(_POLL_S)
                if message is None and time.monotonic() > end:
                    raise Unreachable(self._bootstrap)
                if message is not None and self._take(message, wanted, answers):
                    return
        finally:
            self._consumer.unassign()

    def _take(
        self, message: Message, wanted: dict[tuple[str, int], list[int]], answers: dict[Place, Found | Gone]
    ) -> bool:
        """Use one message or event; True when the assignment must be made anew."""
        where = (message.topic() or "", _number(message.partition()))
        offsets = wanted.get(where)
        if offsets is None:
            return False
        error = message.error()
        if error is not None:
            return self._take_error(error, where, wanted, answers, _number(message.offset()))
        offset = _number(message.offset())
        if offset in offsets:
            answers[Place(*where, offset)] = _found(message)
        _give_up(offsets, bisect_left(offsets, offset), where, answers, "compacted")
        if offsets and offsets[0] == offset:
            del offsets[0]
        if not offsets:
            del wanted[where]
            self._consumer.incremental_unassign([TopicPartition(*where)])
        elif offsets[0] - offset > _READ_ON:
            self._consumer.seek(TopicPartition(*where, offsets[0]))
        return False

    def _take_error(
        self,
        error: KafkaError,
        where: tuple[str, int],
        wanted: dict[tuple[str, int], list[int]],
        answers: dict[Place, Found | Gone],
        offset: int,
    ) -> bool:
        offsets = wanted[where]
        match error.code():
            case KafkaError._PARTITION_EOF:  # noqa: SLF001 - the name that confluent_kafka publishes
                _give_up(offsets, bisect_left(offsets, offset), where, answers, "compacted")
                _give_up(offsets, len(offsets), where, answers, "beyond_end")
            case KafkaError._AUTO_OFFSET_RESET | KafkaError.OFFSET_OUT_OF_RANGE:  # noqa: SLF001 - as above
                self._within_bounds(where, offsets, answers)
            case _:
                return False
        if not offsets:
            del wanted[where]
        return True

    def _within_bounds(
        self, where: tuple[str, int], offsets: list[int], answers: dict[Place, Found | Gone]
    ) -> None:
        """Give up what lies before the first and after the last record of the partition."""
        try:
            low, high = when_settled(
                lambda: self._consumer.get_watermark_offsets(TopicPartition(*where), self._timeout_s)
            )
        except KafkaException as error:
            raise Unreachable(self._bootstrap) from error
        _give_up(offsets, bisect_left(offsets, low), where, answers, "trimmed")
        beyond = offsets[bisect_left(offsets, high) :]
        del offsets[len(offsets) - len(beyond) :]
        _give_up(beyond, len(beyond), where, answers, "beyond_end")


def _settings(bootstrap: str) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "group.id": "random-reader",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        # A lost place is an answer, not a reason to read from elsewhere.
        "auto.offset.reset": "error",
        # What the router saw is what is looked up, also inside other people's transactions.
        "isolation.level": "read_uncommitted",
        # Single records are wanted: no reading ahead, and no waiting for more to come.
        "queued.min.messages": 1,
        "fetch.queue.backoff.ms": 2,
        "fetch.message.max.bytes": 65_536,
        "fetch.wait.max.ms": 20,
        "reconnect.backoff.max.ms": 1000,
    }


def _by_partition(places: Iterable[Place]) -> dict[tuple[str, int], list[int]]:
    wanted: dict[tuple[str, int], list[int]] = {}
    for topic, partition, offset in sorted(set(places)):
        wanted.setdefault((topic, partition), []).append(offset)
    return wanted


def _give_up(
    offsets: list[int], count: int, where: tuple[str, int], answers: dict[Place, Found | Gone], why: Why
) -> None:
    """Answer the first `count` offsets with why they are gone, and take them off the list."""
    for offset in offsets[:count]:
        answers[Place(*where, offset)] = Gone(why)
    del offsets[:count]


def _found(message: Message) -> Found:
    return Found(message.value(), headers_of(message), message.timestamp()[1], message.key())


def headers_of(message: Message) -> tuple[tuple[str, str | bytes | None], ...]:
    """The record's headers in order; none is an empty tuple."""
    headers = message.headers() or ()
    return tuple(headers.items() if isinstance(headers, dict) else headers)


def _number(value: int | None) -> int:
    return -1 if value is None else value
