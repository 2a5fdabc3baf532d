"""What followed earlier changes of the same object: services that alerted soon after them, and seldom otherwise.

It ties to services what neither the catalog nor a name ties to one: a flag's key, a parameter. A pure function of the
changes of the object and of the alerts that have settled, both as far as the fold remembers them; it decides nothing.
Goes to: `rank`, which weighs it, and `hypotheses`, which tells it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from schemas.settings import micros
from schemas.thresholds import RankingSettings
from streams.correlate import Index
from streams.filed import Spot
from streams.group import Group
from streams.kinship import Kin
from streams.rhythm import USUAL
from streams.state import AlertKey, ChangeState
from streams.topology import Tie
from streams.undoing import Rest, is_return

_MOST: Final = 12
"""Earlier changes of an object that are looked at, the latest ones."""
_UNSEEN: Final = 0.5
"""Alerts that are taken to have been missed in the time before, and one window more: a short past says little."""


class Follower(NamedTuple):
    """A service that alerted after earlier changes of an object."""

    service: str
    share: float
    """How likely it is, by that, that changes of the object break it; from 0 to 1."""
    first: tuple[AlertKey, ...]
    """Its first alert after each of the changes that it followed."""


class Followed(NamedTuple):
    """The earlier changes of an object, and what followed them, the most telling first."""

    changes: tuple[ChangeState, ...]
    followers: tuple[Follower, ...]

    def ties(self, weight: float) -> list[tuple[Tie, float]]:
        """The followers as ties with their weights, by the weight of one that is certain."""
        return [(Tie("catalog", one.service), weight * one.share) for one in self.followers]


class _Past(NamedTuple):
    """What is looked at: the windows after the changes, and the time around them from `opens` to `closes`."""

    windows: tuple[tuple[int, int], ...]
    opens: int
    closes: int
    within: int

    @property
    def others(self) -> float:
        """How many windows of the same length the time around them would hold."""
        return (self.closes - self.opens) / self.within - len(self.windows)


def is_loose(tie: Tie) -> bool:
    """True where nothing ties a change to a service, or only its namespace to all in it."""
    return tie.how in {"nothing", "namespace"}


def followed(
    change: ChangeState, before: Sequence[ChangeState], group: Group, index: Index, settings: RankingSettings
) -> Followed | None:
    """The services of a group that alerted after earlier changes of the same object; None where none tells anything.

    `before` are the suspectable changes of the object before this one, in order; `index` holds what has settled. What
    is too near to this change, or to the group's onset, is left out: it may be of the same incident.
    """
    at = change.facts.effective_at
    within = micros(settings.followed_within * settings.usual_lag_s.get(change.facts.kind, USUAL))
    closes = min(at, group.onset) - micros(settings.followed_gap_s)
    if not before or before[0].facts.effective_at > closes - within or not _follow(group.kins, at, within):
        return None
    opens = closes - micros(settings.followed_back_s)
    changes = tuple(_occasions(before, opens, closes - within, within))[-_MOST:]
    if not changes or is_return(change, before):
        return None
    windows = tuple((one.facts.effective_at, one.facts.effective_at + within) for one in changes)
    first = _next(index.spots, opens)
    past = _Past(windows, min(first[0] if first else closes, windows[0][0]), closes, within)
    services = dict.fromkeys(placed.service for placed in group.placed if placed.service)
    found = (_follower(one, index.files.by_label.get(one, []), past, settings) for one in services)
    followers = [one for one in found if one.first and one.share >= settings.followed_least]
    ordered = sorted(followers, key=lambda one: (-round(one.share, 9), one.first, one.service))
    return Followed(changes, tuple(ordered)) if ordered else None


def _follow(kins: Sequence[Kin], at: int, within: int) -> bool:
    """True where an alert of the group itself follows the change so soon; else it is not like the earlier ones."""
    place = bisect_left(kins, at, key=lambda kin: kin.at)
    return place < len(kins) and kins[place].at <= at + within


def _occasions(before: Sequence[ChangeState], opens: int, closes: int, apart: int) -> Iterator[ChangeState]:
    """The changes that took effect in a stretch of time, but for those back to rest and those just after another."""
    last, rest = opens - apart, Rest()
    for one in before:
        at = one.facts.effective_at
        if max(opens, last + apart) <= at <= closes and not rest.is_return(one.facts):
            last = at
            yield one
        rest.take(one.facts)


def _follower(service: str, spots: Sequence[Spot], past: _Past, settings: RankingSettings) -> Follower:
    after = (_next(spots, opens) for opens, _ in past.windows)
    first = tuple(
        spot[1] for spot, (_, closes) in zip(after, past.windows, strict=True) if spot and spot[0] <= closes
    )
    if not first:
        return Follower(service, 0.0, first)
    chance = max(settings.followed_chance, (_bouts(spots, past) + _UNSEEN) / (past.others + 1))
    return Follower(service, _likely(len(first), len(past.windows), min(chance, 1.0), settings), first)


def _likely(followed: int, changed: int, chance: float, settings: RankingSettings) -> float:
    """How likely changes break a service that alerted after so many of them, and does by chance so often (Bayes)."""
    if chance == 1:
        return 0.0
    broken = settings.followed_each + (1 - settings.followed_each) * chance
    missed = (1 - broken) / (1 - chance)
    odds = settings.followed_prior * (broken / chance) ** followed * missed ** (changed - followed)
    return odds / (1 + odds)


def _bouts(spots: Sequence[Spot], past: _Past) -> int:
    """How often a service alerted outside the windows; what comes within a window of another is one."""
    at, bouts = past.opens, 0
    while (spot := _next(spots, at)) and spot[0] < past.closes:
        inside = next((closes for opens, closes in past.windows if opens <= spot[0] <= closes), None)
        bouts += inside is None
        at = (spot[0] + past.within if inside is None else inside) + 1
    return bouts


def _next(spots: Sequence[Spot], at: int) -> Spot | None:
    """The first spot at or after a time."""
    place = bisect_left(spots, (at,))
    return spots[place] if place < len(spots) else None
