"""Two placings of one scope, of which one comes after the other: how far they are the same.

What has settled is mostly what had come two minutes before, and to place it would be to think what was thought already:
so it takes over the step of the placing that is ahead. A step hangs on the alerts up to it, their periods, and which of
them had ended when it began; where all that is the same, so is the step.
Goes to: `correlate`.
"""

from dataclasses import dataclass, field

from schemas.times import LATEST
from streams.kinship import Kin
from streams.placing import Placing
from streams.state import AlertKey
from streams.steps import Step


@dataclass(slots=True)
class Abreast:
    """A placing that is ahead, and one behind of fewer alerts and ends."""

    ahead: Placing
    behind: Placing
    _same: int = 0
    """How many of the first steps of both are known to be the same."""
    _unlike: set[AlertKey] = field(default_factory=set)
    """Alerts of these of which the two may know different ends."""
    _until: int | None = None
    """The first of those ends, once it was sought: what began by then saw nobody ended whom the other did not."""

    def taken_back(self, left: int) -> None:
        """One of the two has only so many steps left."""
        self._same = min(self._same, left)

    def ended(self, key: AlertKey) -> None:
        """One of the two was told when an alert has ended."""
        self._unlike.add(key)
        self._until = None

    def known(self, kin: Kin) -> tuple[Kin, Step] | None:
        """The step ahead that places the alert that starts next behind, to be taken now; None where it may differ.

        With it what counts of the alert: one for both where it is equal.
        """
        self._catch_up()
        done = len(self.behind.steps)
        if self._same < done or not self._is_next(kin, done):
            return None
        theirs, first = self.ahead.kins[kin.key], self._first_unlike()
        if theirs.ended != kin.ended:
            self._unlike.add(kin.key)
            first = self._until = min(first, theirs.ended, kin.ended)
        if kin.at > first:
            return None
        self._same += 1
        return theirs if theirs == kin else kin, self.ahead.steps[done]

    def _is_next(self, kin: Kin, number: int) -> bool:
        """True where the step ahead of this number places this alert, seen with the same period."""
        steps, kins = self.ahead.steps, self.ahead.kins
        if number >= len(steps) or steps[number].key != kin.key:
            return False
        theirs = kins[kin.key]
        return theirs.at == kin.at and theirs.period == kin.period

    def _catch_up(self) -> None:
        """Finds which of the steps that both have taken since are the same."""
        ahead, behind = self.ahead, self.behind
        while self._same < len(behind.steps):
            mine = behind.steps[self._same]
            kin = behind.kins[mine.key]
            if not self._is_next(kin, self._same) or _did(ahead.steps[self._same]) != _did(mine):
                return
            if ahead.kins[mine.key].ended != kin.ended:
                self.ended(mine.key)
            self._same += 1

    def _first_unlike(self) -> int:
        if self._until is None:
            mine, theirs = self.behind.kins, self.ahead.kins
            both = self._unlike & mine.keys() & theirs.keys()
            self._unlike = {key for key in both if mine[key].ended != theirs[key].ended}
            ends = (min(mine[key].ended, theirs[key].ended) for key in self._unlike)
            self._until = min(ends, default=LATEST)
        return self._until


def _did(step: Step) -> tuple[AlertKey, tuple[AlertKey, ...]]:
    """What a step did, told by who founded the clusters."""
    return step.cluster.founder, tuple(joined.founder for joined, _, _ in step.joined)
