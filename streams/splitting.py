"""Whether what happened at one time came from one source or from two: the cheapest sources that explain the alerts.

Every alert costs what it takes for trouble to travel to it from a source, at most `split_cap`. A second source is
believed in where it saves more than it costs itself, and where the two began apart; a change on its service just
before makes a source cheaper to believe in. This is the k-median problem (Hakimi 1964) for k = 2, by alternation.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import mul
from typing import NamedTuple

from schemas.settings import micros
from schemas.thresholds import CorrelationSettings
from streams.kinship import Kin
from streams.rhythm import USUAL
from streams.travel import FAR, Travel

_FEWEST = 2
"""Alerts that a source of its own must explain."""
FEWEST = 2 * _FEWEST
"""Alerts below which nothing is split."""
_MOST = 400
"""Alerts above which nothing is split any more: a storm of that size is one."""
_STARTS = 4
"""Sources from which the search begins."""
_TOLERANCE = 1e-9
_EARLY = micros(USUAL)
"""How long before a change its alerts may start, by other clocks."""


class Origin(NamedTuple):
    """A change that may be the source of alerts: when it took effect, and on which service."""

    at: int
    service: str


class Source(NamedTuple):
    """A source and what an alert of each sort costs from it; `changed` where a change is thought to be behind."""

    costs: tuple[float, ...]
    changed: bool


class Sorts(NamedTuple):
    """Alerts sorted by what they cost from any source: those of one place to which the same changes lead.

    A hundred alerts of an incident are ten sorts or so, and that much cheaper to split.
    """

    of: tuple[int, ...]
    """The sort of each alert."""
    first: tuple[Kin, ...]
    """The first alert of each sort."""
    sizes: tuple[int, ...]


def split(
    kins: Sequence[Kin], origins: Sequence[Origin], travel: Travel, settings: CorrelationSettings
) -> Iterator[list[Kin]]:
    """The alerts of one source each, by start; all together where one source explains them best."""
    halves = _halves(kins, origins, travel, settings)
    if halves is None:
        yield list(kins)
    else:
        for half in halves:
            yield from split(half, origins, travel, settings)


def _halves(
    kins: Sequence[Kin], origins: Sequence[Origin], travel: Travel, settings: CorrelationSettings
) -> tuple[list[Kin], list[Kin]] | None:
    if not FEWEST <= len(kins) <= _MOST:
        return None
    before = micros(settings.split_change_s)
    near = [origin for origin in origins if kins[0].at - before <= origin.at <= kins[-1].at]
    sorts = _sorted(kins, near, before)
    sources = _sources(sorts, near, travel, settings)
    if len(sources) < 2:  # noqa: PLR2004 - two halves need two sources
        return None
    saved, one, other = _best_two(sources, sorts.sizes)
    believed = one.changed + other.changed
    price = (
        settings.split_price - settings.split_price_changed * believed + settings.split_price_each * len(kins)
    )
    if saved < price:
        return None
    deal = [(kin, one.costs[sort], other.costs[sort]) for kin, sort in zip(kins, sorts.of, strict=True)]
    return _dealt(deal, settings, believed)


def _sorted(kins: Sequence[Kin], origins: Sequence[Origin], before: int) -> Sorts:
    moments = sorted(origin.at for origin in origins)
    opens, closes = [at - _EARLY for at in moments], [at + before for at in moments]
    known: dict[tuple[str | None, str, int, int], int] = {}
    of, first = list[int](), list[Kin]()
    for kin in kins:
        led = bisect_right(opens, kin.at), bisect_left(closes, kin.at)
        of.append(known.setdefault((kin.service, kin.golden, *led), len(first)))
        if of[-1] == len(first):
            first.append(kin)
    sizes = Counter(of)
    return Sorts(tuple(of), tuple(first), tuple(sizes[number] for number in range(len(first))))


def _sources(
    sorts: Sorts, origins: Sequence[Origin], travel: Travel, settings: CorrelationSettings
) -> list[Source]:
    cap, before, kins = settings.split_cap, micros(settings.split_change_s), sorts.first
    reach = [travel.costs((kin.service, kin.golden)) if kin.service else {} for kin in kins]
    names = sorted({name for costs in reach for name, cost in costs.items() if cost < cap})
    plain = {name: tuple(min(cap, costs.get(name, FAR)) for costs in reach) for name in names}
    found = [Source(costs, changed=False) for costs in plain.values()]
    for origin in origins:
        if origin.service in plain:
            costs = tuple(
                cost - settings.split_change if cost < cap and _follows(kin, origin, before) else cap
                for kin, cost in zip(kins, plain[origin.service], strict=True)
            )
            found.append(Source(costs, changed=True))
    return found


def _follows(kin: Kin, origin: Origin, within: int) -> bool:
    return -_EARLY <= kin.at - origin.at <= within


def _best_two(sources: Sequence[Source], sizes: Sequence[int]) -> tuple[float, Source, Source]:
    """What the best two found save beside the best one, and they; from the best few, each in turn made better."""
    costs = [sum(map(mul, sizes, source.costs)) for source in sources]
    alone = sorted(range(len(sources)), key=lambda number: (round(costs[number], 9), number))
    least = costs[alone[0]]
    best: tuple[float, int, int] | None = None
    for start in alone[:_STARTS]:
        found = _alternated(sources, sizes, start)
        if best is None or found[0] < best[0] - _TOLERANCE:
            best = found
    both, one, other = best or (least, 0, 0)
    return least - both, sources[one], sources[other]


def _alternated(sources: Sequence[Source], sizes: Sequence[int], start: int) -> tuple[float, int, int]:
    other, cost = _beside(sources, sizes, start)
    one = start
    while True:
        better, less = _beside(sources, sizes, other)
        if less >= cost - _TOLERANCE:
            return cost, one, other
        one, other, cost = other, better, less


def _beside(sources: Sequence[Source], sizes: Sequence[int], given: int) -> tuple[int, float]:
    """The source that saves most beside a given one, and the cost of the two."""
    known = sources[given].costs
    costs = [sum(map(mul, sizes, map(min, known, source.costs))) for source in sources]
    best = min(range(len(sources)), key=lambda number: (round(costs[number], 9), number))
    return best, costs[best]


def _dealt(
    deal: Sequence[tuple[Kin, float, float]], settings: CorrelationSettings, believed: int
) -> tuple[list[Kin], list[Kin]] | None:
    """Each alert to its cheaper source, what fits both to the nearer in time; None where they are not two.

    `deal`: each alert with what it costs from the one and from the other.
    """
    mine = [kin for kin, here, there in deal if here < there]
    theirs = [kin for kin, here, there in deal if there < here]
    if min(len(mine), len(theirs)) < _FEWEST:
        return None
    pause = settings.split_pause * (1 - believed / 2) * max(USUAL, deal[0][0].period)
    if abs(mine[0].at - theirs[0].at) < micros(max(0.0, pause)):
        return None
    surely = ([kin.at for kin in mine], [kin.at for kin in theirs])
    for kin in (kin for kin, here, there in deal if here == there):
        (mine if _apart(kin.at, surely[0]) <= _apart(kin.at, surely[1]) else theirs).append(kin)
    return sorted(mine), sorted(theirs)


def _apart(at: int, moments: Sequence[int]) -> int:
    return min(abs(at - moment) for moment in moments)
