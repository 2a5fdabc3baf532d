"""How often a sender evaluates its rules: learned from how long its alerts last, since nobody tells it.

A rule that is evaluated every five minutes starts and ends its alerts five minutes apart or a multiple of it, and
what follows from one fault comes in steps of five minutes too.
"""

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from schemas.times import SECOND

USUAL: Final = 60.0
"""Seconds between two evaluations where nothing else is known."""
_LONGER: Final = (900, 600, 300, 120)
_REMEMBERED: Final = 64
_ENOUGH: Final = 4
"""Ended alerts that it takes to learn a rhythm."""
_KEPT: Final = 1_024
"""Lists of lengths whose period is remembered: alerts that begin near each other have the same."""
_SHARE: Final = 0.8
_TOLERANCE: Final = 0.02


@dataclass(slots=True)
class Rhythms:
    """Ended alerts by sender: when each ended, and how long it lasted, in microseconds."""

    ended: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def add(self, source: str, ended_at: int, lasted: int) -> None:
        """Takes in an alert that has ended."""
        insort(self.ended.setdefault(source, []), (ended_at, lasted))

    def remove(self, source: str, ended_at: int, lasted: int) -> None:
        """Takes it back, as if it had not ended yet."""
        known = self.ended[source]
        del known[bisect_left(known, (ended_at, lasted))]

    def at_first(self, source: str) -> float:
        """The period by which the first alerts of a sender are seen: that of the first that ended."""
        return _period(tuple([lasted for _, lasted in self.ended.get(source, [])[:_ENOUGH]]))

    def period(self, source: str, at: int) -> float:
        """Seconds between two evaluations of a sender, by the last alerts that had ended by then, else by the first."""
        known = self.ended.get(source, [])
        if len(known) < _ENOUGH:
            return USUAL
        end = max(bisect_right(known, (at, 1 << 62)), _ENOUGH)
        return _period(tuple([lasted for _, lasted in known[max(0, end - _REMEMBERED) : end]]))


@lru_cache(maxsize=_KEPT)
def _period(lasted: tuple[int, ...]) -> float:
    """The longest period that four in five of the lengths are multiples of."""
    if len(lasted) < _ENOUGH:
        return USUAL
    return next((float(period) for period in _LONGER if _fits(lasted, period * SECOND)), USUAL)


def _fits(lasted: tuple[int, ...], whole: int) -> bool:
    """Most lengths fit no period, which shows after a few of them."""
    left, needed, tolerance = len(lasted), _SHARE * len(lasted), _TOLERANCE * whole
    for length in lasted:
        if min(length % whole, -length % whole) > tolerance:
            left -= 1
            if left < needed:
                return False
    return True
