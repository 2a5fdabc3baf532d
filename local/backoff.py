"""Owns how long to wait before a process that ended is started again.

Pure: times are arguments, seconds on a clock that only goes forward. Goes to: `local.watch`.
"""

from dataclasses import dataclass

_FIRST_S = 0.2
_LONGEST_S = 10.0
_STEADY_S = 30.0
"""A process that ran this long is trusted again: its next restart waits as briefly as the first."""


@dataclass(frozen=True)
class Restarts:
    """How often a process was started again: in all, and in the present row of quick ends."""

    total: int = 0
    in_a_row: int = 0

    def after_end(self, ran_s: float) -> "Restarts":
        """The count once a process that ran `ran_s` seconds has ended."""
        return Restarts(self.total + 1, 1 if ran_s >= _STEADY_S else self.in_a_row + 1)

    @property
    def pause_s(self) -> float:
        """How long to wait before the start that is due now."""
        return min(_LONGEST_S, _FIRST_S * 2.0 ** max(0, self.in_a_row - 1))
