"""What the signals of one batch have to do with each other: which repeat another, and which are the last of a scope.

Alerts with the same bytes, scope and minute of ingest become one signal with a count.

In a storm most records are repeats, so one costs a look into a table here: its signal is made once, at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.model import trusted
from schemas.signals import Signal, Span
from schemas.times import SECOND

Key = tuple[str, bytes | None, bytes | None, int]
"""Tenant, value, content type, and the minute of ingest: these say of an alert which signal it is."""


@dataclass(slots=True)
class _Held:
    """One signal of the batch: its place there, the runs of its source positions, its last ingest time."""

    place: int
    runs: list[int]
    """First and last offset of each, one after the other."""
    last_at: int
    count: int = 1


@dataclass(slots=True)
class Repeats:
    """The alerts of one batch of one input partition that others may repeat."""

    _held: dict[Key, _Held] = field(default_factory=dict)

    def first(self, key: Key, place: int, offset: int, ingested_at: int) -> None:
        """An alert that is not a repeat; `place` is that of its signal in the batch."""
        self._held[key] = _Held(place, [offset, offset], ingested_at)

    def again(self, key: Key, offset: int, ingested_at: int) -> bool:
        """True for a repeat, which is now counted; offsets must only grow."""
        held = self._held.get(key)
        if held is None:
            return False
        held.count += 1
        held.last_at = max(held.last_at, ingested_at)
        runs = held.runs
        if runs[-1] == offset - 1:
            runs[-1] = offset
        else:
            runs += (offset, offset)
        return True

    def fold_into(self, signals: list[tuple[int, Signal]]) -> None:
        """Puts the repeats into their signals; source positions stay runs without holes."""
        for held in self._held.values():
            if held.count > 1:
                partition, signal = signals[held.place]
                signals[held.place] = (partition, _folded(signal, held))


def _folded(signal: Signal, held: _Held) -> Signal:
    (span,) = signal.spans
    of = {"topic": span.topic, "partition": span.partition}
    bounds = iter(held.runs)
    spans = tuple(
        trusted(Span, {**of, "first": first, "last": last})
        for first, last in zip(bounds, bounds, strict=True)
    )
    more = {"spans": spans, "count": held.count, "last_ingested_at": held.last_at}
    return trusted(Signal, {**signal.__dict__, **more})


def followed(signals: Sequence[tuple[int, Signal]]) -> list[tuple[int, Signal]]:
    """The same, each saying whether more that its scope heard in that second follows in the batch."""
    last, told = set[tuple[int, str, str | None, int]](), list[tuple[int, Signal]]()
    for partition, signal in reversed(signals):
        heard = (partition, signal.tenant, signal.environment, signal.ingested_at // SECOND)
        more = {**signal.__dict__, "more_follows": True} if heard in last else None
        told.append((partition, trusted(Signal, more) if more else signal))
        last.add(heard)
    return told[::-1]
