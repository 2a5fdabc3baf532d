"""Owns the figures of a run: names to numbers, percentiles, and the histogram of a hop.

Pure. Goes to: every benchmark, and `bench.shown`, which prints them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

Figures = dict[str, float]
"""Flat: a dotted name, whose end says the unit, to a number."""

BOUNDS_MS: Final = (1, 2, 5, 10, 20, 50, 100, 150, 200, 500, 1_000, 2_000, 5_000)
"""Upper bounds of the histogram's bins in milliseconds; one more bin holds what took longer."""
_SHARES: Final = {"p50": 0.50, "p90": 0.90, "p99": 0.99}


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the ordered values do not exceed; of none: ValueError."""
    if not ordered:
        raise ValueError("no values, so no percentile")
    needed = -(-len(ordered) * round(share * 10_000) // 10_000)
    return ordered[max(needed, 1) - 1]


def spread(name: str, times_ms: Iterable[float]) -> Figures:
    """Count, percentiles and largest of some times in milliseconds, as `name.p50_ms` and so on."""
    ordered = sorted(times_ms)
    figures: Figures = {f"{name}.count": len(ordered)}
    if ordered:
        figures |= {f"{name}.{said}_ms": percentile(ordered, share) for said, share in _SHARES.items()}
        figures[f"{name}.max_ms"] = ordered[-1]
    return figures


def histogram(name: str, times_ms: Iterable[float]) -> Figures:
    """How many times fall into each bin, as `name.le_5_ms`; the last is `name.longer`."""
    counts = dict.fromkeys(BOUNDS_MS, 0.0)
    longer = 0.0
    for time_ms in times_ms:
        bound = next((bound for bound in BOUNDS_MS if time_ms <= bound), None)
        if bound is None:
            longer += 1
        else:
            counts[bound] += 1
    return {f"{name}.le_{bound}_ms": count for bound, count in counts.items()} | {f"{name}.longer": longer}
