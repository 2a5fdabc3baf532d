"""One candidate as alerts that belong together, with what counts of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streams.kinship import Kin, Kinship, Link
from streams.links import FIRST, link
from streams.state import AlertKey, AlertState
from streams.travel import Travel

_OLDEST, _LATEST_OF = 8, 24
"""Alerts before it that one may be tied to: the first of its candidate, and the latest."""


_REMEMBERED = 20_000
"""Alerts whose links are remembered."""


class Placed(NamedTuple):
    """An alert in a group, and its service; None where nothing names one."""

    alert: AlertState
    service: str | None


class Life(NamedTuple):
    """Which alerts make a candidate: equal lives are of the same alerts."""

    first: AlertKey
    size: int
    mark: int
    """Sum over its alerts, and the periods that they are seen with."""
    continues: AlertKey | None
    """First alert of the candidate before, whose life had ended."""


@dataclass(frozen=True, slots=True)
class Group:
    """The alerts of one candidate, by start."""

    life: Life
    placed: tuple[Placed, ...]
    kins: tuple[Kin, ...]
    """What counts of each alert."""
    kinship: Kinship
    off: Link | None = None
    """From what it was split off by source, where it was."""

    @property
    def first(self) -> AlertKey:
        """Key of the alert that starts first, which names the candidate."""
        return self.life.first

    @property
    def onset(self) -> int:
        """Start of the first alert, for windows."""
        return self.placed[0].alert.at

    @property
    def travel(self) -> Travel:
        """How trouble travels between the services of the scope."""
        return self.kinship.travel

    def links(self) -> Iterator[Link]:
        """For each alert, the strongest tie to one of the first or of the latest before it."""
        before, kins = self.life.continues, self.kins
        yield (self.off or FIRST) if before is None else Link(1.0, "continued", before)
        known = self.kinship.links
        if len(known) > _REMEMBERED:
            known.clear()
        for number in range(1, len(kins)):
            # Each revision tells all links again, and few have changed: three quarters of the cost of its members.
            some = kins[: min(number, _OLDEST)] + kins[max(_OLDEST, number - _LATEST_OF) : number]
            key, kin = kins[number].key, kins[number]
            then, told = known.get(key, ((), FIRST))
            if then != (now := (*some, kin)):
                known[key] = now, told if _alike(then, now) else link(kin, some, self.kinship)
            yield known[key][1]


def _alike(then: Sequence[Kin], now: Sequence[Kin]) -> bool:
    """True where nothing has changed that a tie hangs on: when another ended says only if it did before this began."""
    at = now[-1].at
    return len(then) == len(now) and all(
        one is other
        or (one.key == other.key and one.period == other.period and (one.ended >= at) is (other.ended >= at))
        for one, other in zip(then, now, strict=True)
    )
