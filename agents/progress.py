"""Owns where each partition stands: what may be fetched, what is in hand, what is completely finished.

Pure bookkeeping. May not: talk to Kafka, wait. Goes to: `agents.transport`, which fetches what is free here
and commits what is finished here, and nothing else.

The rules that it keeps:
1. A partition has at most one batch under way, so that its batches are handled in order.
2. Only a batch of the present assignment is handled. Whatever was fetched before counts as not fetched.
3. A batch begins where the last one ended, by the consumer's own positions; else `Discontinuity`.
4. What may be committed is the offset after the last batch that its handler finished.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Place = tuple[str, int]
"""A topic and one of its partitions."""


class Record(NamedTuple):
    """One record as the broker has it."""

    offset: int
    timestamp_ms: int
    """Milliseconds since 1970 UTC, by the rule of its topic: LogAppendTime for inputs, else CreateTime."""
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one fetch gave for one partition: records in offset order."""

    topic: str
    partition: int
    records: Sequence[Record]
    """Empty where the log holds only transaction markers or compacted holes."""
    first_position: int
    """The consumer's position before the fetch; the first record may lie behind it, over a legal hole."""
    next_offset: int
    """The consumer's position after the fetch: what is committed once the batch is finished."""
    epoch: int
    """The assignment in which it was fetched."""

    @property
    def place(self) -> Place:
        """Its topic and partition."""
        return self.topic, self.partition


@dataclass(frozen=True, slots=True)
class Lease:
    """What may be fetched at this moment. Replaced as a whole, so that another thread may read it."""

    epoch: int
    free: frozenset[Place]


class CannotGoOn(RuntimeError):
    """The process must leave. The text is one line for a person, which says where and why."""


class Discontinuity(CannotGoOn):
    """A batch does not begin where the last one ended: records would be lost."""

    def __init__(self, batch: Batch, expected: int | None) -> None:
        super().__init__(
            f"{batch.topic}/{batch.partition}: fetched from {batch.first_position} where {expected} was due; "
            "leaving, so that the records between are read again"
        )


class Progress:
    """Where each assigned partition stands. One thread changes it; others may read `lease`."""

    def __init__(self) -> None:
        self.lease = Lease(0, frozenset())
        self._due: dict[Place, int] = {}
        self._busy: set[Place] = set()
        self._in_hand: set[Place] = set()
        self._finished: dict[Place, int] = {}

    def close(self) -> int:
        """From now nothing is fetched or begun; what is in hand may finish. Gives the epoch for `open`."""
        self._due.clear()
        self._busy.clear()
        self.lease = Lease(self.lease.epoch + 1, frozenset())
        return self.lease.epoch

    def open(self, starts: Mapping[Place, int], epoch: int) -> None:
        """Let the partitions be fetched from their starts, if the assignment is still that of `epoch`."""
        if epoch != self.lease.epoch:
            return
        self._due = dict(starts)
        self._finished.clear()
        self._renew_lease()

    def take(self, batch: Batch) -> bool:
        """A batch has arrived: True if it is to be handled, its partition then being busy."""
        if batch.epoch != self.lease.epoch:
            return False
        self._busy.add(batch.place)
        self._renew_lease()
        return True

    def begin(self, batch: Batch) -> bool:
        """A handler is about to start: False if the batch is of an older assignment. Raises Discontinuity."""
        if batch.epoch != self.lease.epoch:
            return False
        due = self._due.get(batch.place)
        if due != batch.first_position or batch.place in self._in_hand:
            raise Discontinuity(batch, due)
        self._in_hand.add(batch.place)
        return True

    def finish(self, batch: Batch) -> None:
        """The handler has returned: the batch may be committed, and its partition is free."""
        self._in_hand.discard(batch.place)
        self._finished[batch.place] = batch.next_offset
        if batch.epoch == self.lease.epoch:
            self._due[batch.place] = batch.next_offset
            self._busy.discard(batch.place)
            self._renew_lease()

    def abandon(self, batch: Batch) -> None:
        """The handler has failed: nothing of the batch is committed, and its partition stays busy."""
        self._in_hand.discard(batch.place)

    @property
    def idle(self) -> bool:
        """True when no handler is at work."""
        return not self._in_hand

    @property
    def assigned(self) -> frozenset[Place]:
        """The partitions that are read by this worker now."""
        return frozenset(self._due)

    @property
    def due(self) -> Mapping[Place, int]:
        """By partition the offset at which its next batch begins; another thread may ask."""
        return dict(self._due)

    @property
    def finished(self) -> Mapping[Place, int]:
        """By partition the offset after its last finished batch; only partitions with one."""
        return self._finished

    def _renew_lease(self) -> None:
        self.lease = Lease(self.lease.epoch, frozenset(self._due.keys() - self._busy))
