"""Owns what the auditor tells of its work: lines, how long they took, and how long they have waited for a signature.

May not: change anything, or wait. Goes to: `wire.meters`.
"""

import time
from collections.abc import Callable, Mapping

from schemas.metrics import AUDIT_LINES, AUDIT_SEQUENCE, AUDIT_UNSIGNED, CHECKPOINT_AGE
from wire.meters import Readings, count, hop, watch


def audited(lines: int, oldest_ms: int) -> None:
    """Lines of one partition are confirmed; `oldest_ms`: Kafka's time of the first entry among them."""
    count(AUDIT_LINES, lines)
    hop("audited", time.time() - oldest_ms / 1000)


class Signatures:
    """Since when lines wait for a signature, and when the last one was made; seconds of the monotonic clock."""

    def __init__(self, sequences: Callable[[], Mapping[int, int]]) -> None:
        """`sequences`: the number that the next line of each partition will have."""
        self._since: dict[int, float] = {}
        self._signed: dict[int, float] = {}
        watch(AUDIT_SEQUENCE, lambda: {(str(p),): number for p, number in sequences().items()})
        watch(AUDIT_UNSIGNED, lambda: self._unsigned(sequences()))
        watch(CHECKPOINT_AGE, lambda: _ages(self._signed))

    def waiting(self, now: float, partitions: set[int]) -> None:
        """These partitions hold lines without a signature."""
        for partition in partitions:
            self._since.setdefault(partition, now)

    def signed(self, partition: int, now: float) -> None:
        """All lines of a partition are signed."""
        self._since.pop(partition, None)
        self._signed[partition] = now

    def _unsigned(self, sequences: Mapping[int, int]) -> Readings:
        return {(str(partition),): 0.0 for partition in sequences} | _ages(self._since)


def _ages(since: Mapping[int, float]) -> dict[tuple[str, ...], float]:
    now = time.monotonic()
    return {(str(partition),): now - at for partition, at in dict(since).items()}
