"""Which source positions have been applied: a low-water offset by input partition, and runs above it.

The router may write a record again; a signal counts only for positions that were not applied before.
Low water moves only by marks, so that what is kept stays small.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

from schemas.signals import Span

Source = tuple[str, int]
"""An input partition: topic and partition."""


@dataclass(slots=True)
class Applied:
    """Positions of one input partition: everything before `low`, and the runs (first, last) above it, in order."""

    low: int = 0
    runs: list[tuple[int, int]] = field(default_factory=list)

    def add(self, first: int, last: int) -> int:
        """Applies the offsets `first` to `last`, both included; returns how many of them were new."""
        first = max(first, self.low)
        if first > last:
            return 0
        if not self.runs or first > self.runs[-1][1]:
            return self._append(first, last)
        runs = self.runs
        left = bisect_left(runs, (first,))
        if left and runs[left - 1][1] >= first - 1:
            left -= 1
        if runs[left][0] > last + 1:
            runs.insert(left, (first, last))
            return last - first + 1
        right, known = left, 0
        while right < len(runs) and runs[right][0] <= last + 1:
            known += max(0, min(last, runs[right][1]) - max(first, runs[right][0]) + 1)
            right += 1
        runs[left:right] = [(min(first, runs[left][0]), max(last, runs[right - 1][1]))]
        return last - first + 1 - known

    def _append(self, first: int, last: int) -> int:
        """The common case: what lies beyond everything applied so far."""
        if self.runs and self.runs[-1][1] == first - 1:
            self.runs[-1] = (self.runs[-1][0], last)
        else:
            self.runs.append((first, last))
        return last - first + 1

    def raise_low(self, next_offset: int) -> None:
        """Everything before `next_offset` counts as applied; never goes back."""
        if next_offset <= self.low:
            return
        self.low = next_offset
        self.runs = [(max(first, next_offset), last) for first, last in self.runs if last >= next_offset]


@dataclass(slots=True)
class Cursors:
    """Applied positions of every input partition."""

    applied: dict[Source, Applied] = field(default_factory=dict)

    def apply(self, spans: tuple[Span, ...]) -> int:
        """Applies all positions of a signal; returns how many were new."""
        return sum([self._of(span.topic, span.partition).add(span.first, span.last) for span in spans])

    def mark(self, topic: str, partition: int, next_offset: int) -> None:
        """Takes a mark: that input partition is complete up to `next_offset`."""
        self._of(topic, partition).raise_low(next_offset)

    def _of(self, topic: str, partition: int) -> Applied:
        applied = self.applied.get((topic, partition))
        if applied is None:
            applied = self.applied[topic, partition] = Applied()
        return applied
