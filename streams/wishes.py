"""What people want to be one incident and what two: it holds against whatever alerts have in common by themselves.

The wishes are honoured after alerts have been placed and split, in the order in which they were made, so that of two
that contradict each other the later one counts. Nothing of how alerts are placed depends on them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from streams.kinship import Kin
from streams.state import AlertKey

C = TypeVar("C")
Score = Callable[[Kin, Kin], float]
_SAMPLE: Final = 24
"""Alerts of a side that stand for it."""


class Merge(NamedTuple):
    """What these two alerts begin is one incident."""

    one: AlertKey
    other: AlertKey


class Split(NamedTuple):
    """These alerts are another incident than those; where nothing is known to stay, everything else does."""

    leaving: frozenset[AlertKey]
    staying: frozenset[AlertKey]


@dataclass(frozen=True, slots=True)
class Wishes:
    """All wishes in order. `tied`: which alerts are tied to which others; `keys`: all that any of them names."""

    all: tuple[Merge | Split, ...] = ()
    tied: Mapping[AlertKey, tuple[AlertKey, ...]] = field(init=False)
    keys: frozenset[AlertKey] = field(init=False)

    def __post_init__(self) -> None:
        """Finds the ties once."""
        tied = dict[AlertKey, tuple[AlertKey, ...]]()
        for wish in self.all:
            if isinstance(wish, Merge):
                tied[wish.one] = (*tied.get(wish.one, ()), wish.other)
                tied[wish.other] = (*tied.get(wish.other, ()), wish.one)
        split = (wish.leaving | wish.staying for wish in self.all if isinstance(wish, Split))
        object.__setattr__(self, "tied", tied)
        object.__setattr__(self, "keys", frozenset(tied).union(*split))


NO_WISHES: Final = Wishes()


def nothing() -> Wishes:
    """Nobody has said anything."""
    return NO_WISHES


def bundle(cluster: C, wishes: Wishes, of: Mapping[AlertKey, C]) -> list[C]:
    """The clusters that ties make one with this one, itself first; `of` says in which cluster an alert is."""
    clusters = {key: of[key] for key in wishes.tied if key in of}
    found, looked_at = [cluster], 0
    while looked_at < len(found):
        inside = [key for key, other in clusters.items() if other is found[looked_at]]
        for other in (clusters[tied] for key in inside for tied in wishes.tied[key] if tied in clusters):
            if all(other is not one for one in found):
                found.append(other)
        looked_at += 1
    return found


def honoured(parts: Iterable[list[Kin]], wishes: Wishes, score: Score) -> list[list[Kin]]:
    """The parts as people want them, each by start."""
    made = list(parts)
    for wish in wishes.all:
        made = _merged(made, wish) if isinstance(wish, Merge) else list(_parted(made, wish, score))
    return sorted(made, key=lambda part: (part[0].at, part[0].key))


def horizon(kins: Sequence[Kin], start: int, length: int, wishes: Wishes) -> int:
    """Until when a life that begins with `kins[start]` lasts: its length, and that of all that is tied into it."""
    until, at = kins[start].at + length, {kin.key: kin.at for kin in kins if kin.key in wishes.tied}
    for kin in kins[start:]:
        if kin.at > until:
            break
        for tied in wishes.tied.get(kin.key, ()):
            until = max(until, at.get(tied, kin.at) + length)
    return until


def _merged(parts: list[list[Kin]], wish: Merge) -> list[list[Kin]]:
    both = [part for part in parts if any(kin.key in wish for kin in part)]
    rest = [part for part in parts if all(part is not one for one in both)]
    return [*rest, _by_start(kin for part in both for kin in part)] if both else rest


def _parted(parts: list[list[Kin]], wish: Split, score: Score) -> Iterator[list[Kin]]:
    gone: list[Kin] = []
    for part in parts:
        leaving = [kin for kin in part if kin.key in wish.leaving]
        staying = [kin for kin in part if kin.key in wish.staying]
        if not leaving or len(leaving) == len(part) or (wish.staying and not staying):
            yield part
            continue
        named = wish.leaving | wish.staying
        free = [kin for kin in part if kin.key not in named]
        with_them = [kin for kin in free if staying and _nearer(kin, leaving, staying, score)]
        gone += (*leaving, *with_them)
        going = {kin.key for kin in with_them} | wish.leaving
        yield [kin for kin in part if kin.key not in going]
    if gone:
        yield _by_start(gone)


def _nearer(kin: Kin, these: Sequence[Kin], those: Sequence[Kin], score: Score) -> bool:
    return _mean(kin, these[-_SAMPLE:], score) > _mean(kin, those[-_SAMPLE:], score)


def _mean(kin: Kin, others: Collection[Kin], score: Score) -> float:
    return sum(score(kin, other) for other in others) / len(others)


def _by_start(kins: Iterable[Kin]) -> list[Kin]:
    return sorted(kins, key=lambda kin: (kin.at, kin.key))
