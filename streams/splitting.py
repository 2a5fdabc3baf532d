"""Whether what happened at one time came from one source or from two: the cheapest sources that explain the alerts.

A source is the service of one of the alerts, where a trouble began when that alert did. Every alert costs what it takes
for trouble to travel to it from a source (at most `split_cap`), how far apart the two start and end, and more where
it began before its source. A second source is believed in where it saves more than it costs itself, where the two
leave little unexplained, and where they began apart; a change on its service just before makes a source cheaper to
believe in. This is the k-medoids problem (Kaufman and Rousseeuw 1987) for k = 2, by alternation, again and again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log1p
from operator import mul
from typing import NamedTuple

from schemas.settings import micros
from schemas.thresholds import CorrelationSettings
from schemas.times import LATEST, SECOND
from streams.kinship import Kin, Link
from streams.rhythm import USUAL
from streams.state import AlertKey
from streams.travel import FAR, Travel

FEWEST = 2
"""Alerts below which nothing is split."""
_MOST = 150
"""Alerts above which nothing is split any more: a storm of that size is one."""
_SEEDS = 32
"""Sorts of alerts that sources are sought at; of more, some by start."""
_STARTS = 4
"""Sources from which the search begins."""
_SLACK_S = 30.0
"""How long an alert may begin before its source, since rules differ in how long they wait; grows with the period."""
_ENDS_MOST = 2.0
"""Logarithm beyond which ends are apart, however far."""
_TOLERANCE = 1e-9
_KEPT = 3
"""Splits kept of what begins with one alert."""
_REMEMBERED = 2_000
"""First alerts of which splits are kept."""


class Origin(NamedTuple):
    """A change that may be the source of alerts: when it took effect, and on which service."""

    at: int
    service: str


Sought = Callable[[int, int, Collection[str]], Iterable[Origin]]
"""Finds the changes on some services that took effect from one moment to another."""


def nobody(_opens: int, _closes: int, _services: Collection[str]) -> Iterable[Origin]:
    """No change at all."""
    return ()


class Sorts(NamedTuple):
    """Alerts sorted by what they cost from any source: of one place, begun and ended at about the same time.

    A hundred alerts of an incident are ten or twenty sorts, and that much cheaper to split.
    """

    of: tuple[int, ...]
    """The sort of each alert."""
    first: tuple[Kin, ...]
    """The first alert of each sort."""
    sizes: tuple[int, ...]


Half = tuple[list[Kin], AlertKey, float]
"""Alerts of one source, the alert that is the other source, and the share of what they save in that and their price."""


Off = dict[AlertKey, Link | None]
"""From what the alerts were split off that begin with an alert."""


class Source(NamedTuple):
    """Where a trouble may have begun, what each sort of alert costs from there, and whether it was just changed."""

    at: int
    key: AlertKey
    """The alert whose service it is."""
    costs: tuple[float, ...]
    explained: tuple[bool, ...]
    """Which sorts trouble reaches from there."""
    changed: bool


class Part(NamedTuple):
    """The alerts of one source, by start, and from what they were split off; None for those that began first."""

    kins: list[Kin]
    off: Link | None


@dataclass(slots=True)
class Splits:
    """Splits that are kept for the next time, which mostly asks for the same: so do all alerts and the settled."""

    _kept: dict[AlertKey, list[tuple[Sequence[Kin], Sequence[Origin], tuple[Part, ...]]]] = field(
        default_factory=dict
    )

    def of(
        self, kins: Sequence[Kin], origins: Sequence[Origin], travel: Travel, settings: CorrelationSettings
    ) -> tuple[Part, ...]:
        """The same as `split`; topology and settings have to stay the same."""
        before = self._kept.get(kins[0].key, [])
        for known, near, parts in before:
            if known == kins and near == origins:
                return parts
        found = tuple(split(kins, origins, travel, settings))
        if len(self._kept) >= _REMEMBERED:
            self._kept.clear()
        self._kept[kins[0].key] = [(kins, origins, found), *before[: _KEPT - 1]]
        return found

    def drop(self, first: AlertKey) -> None:
        """Forgets how what begins with an alert was split."""
        self._kept.pop(first, None)


def split(
    kins: Sequence[Kin],
    origins: Sequence[Origin],
    travel: Travel,
    settings: CorrelationSettings,
    off: Link | None = None,
) -> Iterator[Part]:
    """The alerts of one source each; all together where one source explains them best."""
    halves = _halves(kins, origins, travel, settings)
    if halves is None:
        yield Part(list(kins), off)
        return
    for half, other, share in halves:
        told = off if half[0] is kins[0] else Link(share, "split", other)
        yield from split(half, origins, travel, settings, told)


def _halves(
    kins: Sequence[Kin], origins: Sequence[Origin], travel: Travel, settings: CorrelationSettings
) -> tuple[Half, Half] | None:
    if not FEWEST <= len(kins) <= _MOST:
        return None
    period = max(kin.period for kin in kins)
    sorts = _sorted(kins, period)
    sources = _sources(sorts, origins, travel, settings, period)
    found = _best_two(sources, sorts.sizes, settings, settings.split_pause * max(USUAL, period))
    if found is None:
        return None
    saved, one, other = found
    known = [here or there for here, there in zip(one.explained, other.explained, strict=True)]
    strangers = sum(size for size, explained in zip(sorts.sizes, known, strict=True) if not explained)
    price = _price(kins, settings) + settings.split_price_stranger * strangers
    if saved < price:
        return None
    mine = [here <= there for here, there in zip(one.costs, other.costs, strict=True)]
    here, there = (
        [k for k, sort in zip(kins, sorts.of, strict=True) if mine[sort] is w] for w in (True, False)
    )
    if not here or not there:
        return None
    share = saved / (saved + price)
    return (here, other.key, share), (there, one.key, share)


def _price(kins: Sequence[Kin], settings: CorrelationSettings) -> float:
    """What a second source must save: less for what still fires, since an end to come saves nothing."""
    firing = sum(kin.ended == LATEST for kin in kins)
    each = settings.split_price_each * (len(kins) - firing) + settings.split_price_firing * firing
    return settings.split_price + each


def _sorted(kins: Sequence[Kin], period: float) -> Sorts:
    grid = micros(period / 6)
    known: dict[tuple[str, str, int, int], int] = {}
    of, first = list[int](), list[Kin]()
    for kin in kins:
        place = kin.service or kin.fingerprint
        of.append(known.setdefault((place, kin.golden, kin.at // grid, kin.ended // grid), len(first)))
        if of[-1] == len(first):
            first.append(kin)
    sizes = Counter(of)
    return Sorts(tuple(of), tuple(first), tuple(sizes[number] for number in range(len(first))))


def _sources(
    sorts: Sorts, origins: Sequence[Origin], travel: Travel, settings: CorrelationSettings, period: float
) -> list[Source]:
    """One for each sort; and one more, cheaper, where its service was changed just before."""
    kins, cap = sorts.first, settings.split_cap
    reach: list[Mapping[str, float]] = [
        travel.costs((kin.service, kin.golden)) if kin.service else {} for kin in kins
    ]
    found: list[Source] = []
    for number in range(0, len(kins), -(-len(kins) // _SEEDS)):
        seed = kins[number]
        begins = seed.service is not None and reach[number].get(seed.service, FAR) == 0.0
        far = [costs.get(seed.service or "", FAR) if begins else FAR for costs in reach]
        far[number] = 0.0
        explained = tuple([cost < cap for cost in far])
        apart = _apart(kins, seed, settings, period)
        costs = tuple([min(cost, cap) + more for cost, more in zip(far, apart, strict=True)])
        found.append(Source(seed.at, seed.key, costs, explained, changed=False))
        if begins and any(_follows(seed, origin, settings) for origin in origins):
            less = (cost - settings.split_change * near for cost, near in zip(costs, explained, strict=True))
            found.append(Source(seed.at, seed.key, tuple(less), explained, changed=True))
    return found


def _follows(kin: Kin, origin: Origin, settings: CorrelationSettings) -> bool:
    within = -micros(USUAL) <= kin.at - origin.at <= micros(settings.split_change_s)
    return within and origin.service == kin.service


def _apart(kins: Sequence[Kin], seed: Kin, settings: CorrelationSettings, period: float) -> list[float]:
    """What it costs that alerts start and end apart from a seed, in the rhythm of their sender.

    An end to come says nothing.
    """
    rhythm, at, ended = period / USUAL, seed.at, seed.ended
    unit, soonest = settings.time_unit_s * rhythm, -_SLACK_S * rhythm
    starts, before, ends = settings.split_apart, settings.split_before, settings.split_ends
    costs = list[float]()
    for kin in kins:
        later = (kin.at - at) / SECOND
        cost = starts * log1p(abs(later) / unit)
        if later < soonest:
            cost += before
        if LATEST not in (kin.ended, ended):
            cost += ends * min(_ENDS_MOST, log1p(abs(kin.ended - ended) / SECOND / unit))
        costs.append(cost)
    return costs


def _best_two(
    sources: Sequence[Source], sizes: Sequence[int], settings: CorrelationSettings, pause_s: float
) -> tuple[float, Source, Source] | None:
    """What the best two found save beside the best one, and they; from the best few, each in turn made better."""
    costs = [sum(map(mul, sizes, source.costs)) for source in sources]
    alone = sorted(range(len(sources)), key=lambda number: (round(costs[number], 9), number))
    best: tuple[float, int, int] | None = None
    for start in alone[:_STARTS]:
        found = _alternated(sources, sizes, start, settings, pause_s)
        if found is not None and (best is None or found[0] < best[0] - _TOLERANCE):
            best = found
    return best and (costs[alone[0]] - best[0], sources[best[1]], sources[best[2]])


def _alternated(
    sources: Sequence[Source], sizes: Sequence[int], start: int, settings: CorrelationSettings, pause_s: float
) -> tuple[float, int, int] | None:
    one, found = start, _beside(sources, sizes, start, settings, pause_s)
    if found is None:
        return None
    cost, other = found
    while True:
        better = _beside(sources, sizes, other, settings, pause_s)
        if better is None or better[0] >= cost - _TOLERANCE:
            return cost, one, other
        one, (cost, other) = other, better


def _beside(
    sources: Sequence[Source], sizes: Sequence[int], given: int, settings: CorrelationSettings, pause_s: float
) -> tuple[float, int] | None:
    """What the two cost with the source that saves most beside a given one and began apart from it, and which it is."""
    known, found = sources[given], list[tuple[float, int]]()
    for number, source in enumerate(sources):
        changed = known.changed + source.changed
        if number != given and abs(known.at - source.at) >= micros(pause_s * (1 - changed / 2)):
            both = sum(map(mul, sizes, map(min, known.costs, source.costs)))
            found.append((round(both - settings.split_price_changed * changed, 9), number))
    return min(found, default=None)
