"""Owns the pure core as every framework gets it: the same routing and folding, whatever moves the records.

    the record of an input topic -> `take` -> records of `signals`;   a record of `signals` -> `fold` -> outputs

Batches end after 10,000 records, as ours do when there is a backlog, so that all fold the same repeats. Imports
nothing but the core, so that the peers' environment can hold it. Goes to: bench/peers.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.codec import decode, encode
from schemas.settings import Settings
from schemas.signals import Signal
from streams.fold import Fold
from streams.memory import Memory
from streams.route import mark_of, route

BATCH = 10_000
BUILD = "bench"


class Record(NamedTuple):
    """A record of an input topic, with what the core wants to know of it."""

    offset: int
    timestamp_ms: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Out(NamedTuple):
    """A record to write."""

    topic: str
    key: bytes | None
    value: bytes
    partition: int | None = None


class Core:
    """Router and correlator of all partitions in one process. `ends_at`: the time of the last tick in microseconds."""

    def __init__(self, partitions: int, ends_at: int) -> None:
        self._partitions, self._ends_at = partitions, ends_at
        self._settings = Settings()
        self._batches: dict[int, list[Record]] = {number: [] for number in range(partitions)}
        self._folds = {number: Fold(Memory(number), self._settings, BUILD) for number in range(partitions)}
        self._ended: set[int] = set()

    @property
    def has_ended(self) -> bool:
        """True once every partition has folded the last tick."""
        return len(self._ended) == self._partitions

    def take(self, partition: int, record: Record) -> list[Out]:
        """What follows for `signals`, once the batch is whole."""
        batch = self._batches[partition]
        batch.append(record)
        if len(batch) < BATCH and record.timestamp_ms * 1000 < self._ends_at:
            return []
        self._batches[partition] = []
        return list(self._routed(partition, batch))

    def fold(self, partition: int, offset: int, value: bytes | None) -> list[Out]:
        """What follows from one record of `signals`."""
        signal = decode("signals", value)
        if not isinstance(signal, Signal):
            return []
        outputs = self._folds[partition].apply(offset, signal)
        if signal.mark is not None and has_ended(self._folds[partition].memory, self._ends_at):
            self._ended.add(partition)
        return [Out(out.topic, out.key.encode(), encode(out.topic, out.message)) for out in outputs]

    def _routed(self, partition: int, batch: list[Record]) -> Iterator[Out]:
        routed = route("alerts", partition, batch, self._partitions, self._settings, BUILD)
        for number, signal in routed.signals:
            yield Out("signals", None, encode("signals", signal), number)
        if routed.clocks:
            layout = {"alerts": self._partitions}
            mark = encode("signals", mark_of("alerts", partition, batch[-1].offset + 1, layout, routed))
            for number in range(self._partitions):
                yield Out("signals", None, mark, number)


def has_ended(memory: Memory, ends_at: int) -> bool:
    """True once the fold's clock has come to the last tick."""
    now = memory.clocks.now("default")
    return now is not None and now >= ends_at


class Told:
    """What a run tells the benchmark: lines with the time and the use of the processor, in seconds."""

    def __init__(self) -> None:
        self._begun = False

    def begin(self) -> None:
        """The first record is in hand."""
        if not self._begun:
            self._begun = True
            _tell("began")

    def end(self) -> None:
        """Everything is acknowledged."""
        _tell("ended")


def _tell(what: str) -> None:
    sys.stdout.write(f"{what} {time.time()} {time.process_time()}\n")
    sys.stdout.flush()
