"""Whether what happened at one time came from one source or from two: the cheapest sources that explain the alerts.

Every alert costs what it takes for trouble to travel to it from a source, at most `split_cap`. A second source is
believed in where it saves more than it costs itself, and where the two began apart; a change on its service just
before makes a source cheaper to believe in. This is the k-median problem (Hakimi 1964) for k = 2, by alternation.
"""

from collections.abc import Iterator, Sequence
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


class Origin(NamedTuple):
    """A change that may be the source of alerts: when it took effect, and on which service."""

    at: int
    service: str


class Source(NamedTuple):
    """A source and what each alert costs from it; `changed` where it is a change that is thought to be behind."""

    costs: tuple[float, ...]
    changed: bool


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
    sources = _sources(kins, origins, travel, settings)
    if len(sources) < 2:  # noqa: PLR2004 - two halves need two sources
        return None
    saved, one, other = _best_two(sources)
    believed = one.changed + other.changed
    price = (
        settings.split_price - settings.split_price_changed * believed + settings.split_price_each * len(kins)
    )
    if saved < price:
        return None
    return _dealt(kins, one, other, settings, believed)


def _sources(
    kins: Sequence[Kin], origins: Sequence[Origin], travel: Travel, settings: CorrelationSettings
) -> list[Source]:
    cap, before = settings.split_cap, micros(settings.split_change_s)
    reach = [travel.costs((kin.service, kin.golden)) if kin.service else {} for kin in kins]
    names = sorted({name for costs in reach for name, cost in costs.items() if cost < cap})
    plain = {name: tuple(min(cap, costs.get(name, FAR)) for costs in reach) for name in names}
    found = [Source(costs, changed=False) for costs in plain.values()]
    opens, closes = kins[0].at - before, kins[-1].at
    for origin in origins:
        if origin.service in plain and opens <= origin.at <= closes:
            costs = tuple(
                cost - settings.split_change if cost < cap and _follows(kin, origin, before) else cap
                for kin, cost in zip(kins, plain[origin.service], strict=True)
            )
            found.append(Source(costs, changed=True))
    return found


def _follows(kin: Kin, origin: Origin, within: int) -> bool:
    return -micros(USUAL) <= kin.at - origin.at <= within


def _best_two(sources: Sequence[Source]) -> tuple[float, Source, Source]:
    """What the best two found save beside the best one, and they; from the best few, each in turn made better."""
    alone = sorted(range(len(sources)), key=lambda number: (sum(sources[number].costs), number))
    least = sum(sources[alone[0]].costs)
    best: tuple[float, int, int] | None = None
    for start in alone[:_STARTS]:
        found = _alternated(sources, start)
        if best is None or found[0] < best[0] - _TOLERANCE:
            best = found
    both, one, other = best or (least, 0, 0)
    return least - both, sources[one], sources[other]


def _alternated(sources: Sequence[Source], start: int) -> tuple[float, int, int]:
    other, cost = _beside(sources, start)
    one = start
    while True:
        better, less = _beside(sources, other)
        if less >= cost - _TOLERANCE:
            return cost, one, other
        one, other, cost = other, better, less


def _beside(sources: Sequence[Source], given: int) -> tuple[int, float]:
    """The source that saves most beside a given one, and the cost of the two."""
    known = sources[given].costs
    costs = [sum(map(min, known, source.costs)) for source in sources]
    best = min(range(len(sources)), key=lambda number: (round(costs[number], 9), number))
    return best, costs[best]


def _dealt(
    kins: Sequence[Kin], one: Source, other: Source, settings: CorrelationSettings, believed: int
) -> tuple[list[Kin], list[Kin]] | None:
    """Each alert to its cheaper source, what fits both to the nearer in time; None where they are not two."""
    deal = list(zip(kins, one.costs, other.costs, strict=True))
    mine = [kin for kin, here, there in deal if here < there]
    theirs = [kin for kin, here, there in deal if there < here]
    if min(len(mine), len(theirs)) < _FEWEST:
        return None
    pause = settings.split_pause * (1 - believed / 2) * max(USUAL, kins[0].period)
    if abs(mine[0].at - theirs[0].at) < micros(max(0.0, pause)):
        return None
    surely = ([kin.at for kin in mine], [kin.at for kin in theirs])
    for kin in (kin for kin, here, there in deal if here == there):
        (mine if _apart(kin.at, surely[0]) <= _apart(kin.at, surely[1]) else theirs).append(kin)
    return sorted(mine), sorted(theirs)


def _apart(at: int, moments: Sequence[int]) -> int:
    return min(abs(at - moment) for moment in moments)
