"""Which change is suspected, and whether any: two questions, answered by weights that a packet can show.

A change's weight is the product of its features: prior by kind, distance to what fails, lag, direction in time, and
what was undone. Belief is the weight's share of all weights and that of "no change is to blame".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from schemas.settings import RankingSettings, micros
from schemas.times import EARLIEST, LATEST
from streams.correlate import Group
from streams.state import ChangeState
from streams.topology import Topology, service_of


class Scored(NamedTuple):
    """One explanation with its share of belief; `change` is None where no change is to blame."""

    change: ChangeState | None
    service: str | None
    confidence: float
    features: dict[str, float]


class Near(NamedTuple):
    """A change in the blast radius: the service that it belongs to, if any, and how well it fits what alerts."""

    change: ChangeState
    service: str | None
    distance: float


@dataclass(frozen=True, slots=True)
class Window:
    """The changes near the onset of a group: those in the blast radius by time, the rest counted."""

    opens: int
    closes: int
    near: tuple[Near, ...]
    elsewhere: int


def window_times(group: Group, settings: RankingSettings) -> tuple[int, int]:
    """First and last instant at which a change counts for a group: look-back and look-ahead around its onset."""
    opens, closes = group.onset - micros(settings.look_back_s), group.onset + micros(settings.look_ahead_s)
    return max(opens, EARLIEST), min(closes, LATEST)


def window_of(
    group: Group, changes: Iterable[ChangeState], topology: Topology, settings: RankingSettings
) -> Window:
    """Of the changes within a group's window, those in its blast radius; the others are counted."""
    opens, closes = window_times(group, settings)
    inside = sorted(
        (change for change in changes if change.suspectable),
        key=lambda change: (change.facts.effective_at, change.facts.source_ref),
    )
    services = alerting(group)
    placed = (
        Near(c, service_of(c.facts, topology), distance_weight(c, services, topology, settings))
        for c in inside
    )
    near = tuple(candidate for candidate in placed if candidate.distance > 0)
    return Window(opens, closes, near, len(inside) - len(near))


def alerting(group: Group) -> tuple[str, ...]:
    """The services that alert, in the order in which they began."""
    return tuple(dict.fromkeys(placed.service for placed in group.placed if placed.service))


def rank(group: Group, window: Window, settings: RankingSettings) -> tuple[Scored, ...]:
    """The explanations by belief; they sum to 1, and "no change" is always among them."""
    undone = _undone([near.change for near in window.near], group.onset)
    weighed = [(near, _features(near, group.onset, undone, settings)) for near in window.near]
    weights = [(near, prod(features.values()), features) for near, features in weighed]
    total = settings.no_change + sum(weight for _, weight, _ in weights)
    ranked = [
        Scored(near.change, near.service, weight / total, features) for near, weight, features in weights
    ]
    ranked.append(Scored(None, None, settings.no_change / total, {"prior": settings.no_change}))
    return tuple(sorted(ranked, key=_order))


def _order(scored: Scored) -> tuple[float, int, str]:
    if scored.change is None:
        return (-round(scored.confidence, 9), 0, "")
    return (-round(scored.confidence, 9), -scored.change.facts.effective_at, scored.change.facts.source_ref)


def _features(
    near: Near, onset: int, undone: dict[str, float], settings: RankingSettings
) -> dict[str, float]:
    facts = near.change.facts
    features = {
        "prior": settings.prior.get(facts.kind, 1.0),
        "distance": near.distance,
        "lag": lag_weight(near.change, onset, settings),
    }
    if facts.source_ref in undone:
        features["undo"] = undone[facts.source_ref]
    return features


def lag_weight(change: ChangeState, onset: int, settings: RankingSettings) -> float:
    """Halves with every half-life between the change and the onset; a cause comes first, but for clock skew."""
    lag = onset - change.facts.effective_at
    if lag < -micros(settings.skew_s):
        return settings.long_after_onset
    if lag < 0:
        return settings.after_onset
    return float(0.5 ** (lag / micros(settings.half_life_s.get(change.facts.kind, 900.0))))


def distance_weight(
    change: ChangeState, services: Sequence[str], topology: Topology, settings: RankingSettings
) -> float:
    """Mean over the alerting services of how well each fits a fault at the change's service; 0 is elsewhere."""
    service = service_of(change.facts, topology)
    if service is None:
        return settings.unmapped
    if not services:
        return settings.unmapped
    return sum(_fit(service, alerting, topology, settings) for alerting in services) / len(services)


def _fit(source: str, alerting: str, topology: Topology, settings: RankingSettings) -> float:
    hops = topology.upstream(alerting).get(source)
    if hops is not None:
        return settings.distance[min(hops, len(settings.distance) - 1)]
    return settings.downstream if alerting in topology.upstream(source) else 0.0


_UNDO = 0.3
_UNDONE = 0.2


def _undone(changes: Sequence[ChangeState], onset: int) -> dict[str, float]:
    """Factors for changes of one target that go back to an earlier value, and for those gone before the onset.

    What was undone before the onset is hardly to blame, and neither is what undid it.
    """
    factors: dict[str, float] = {}
    latest: dict[str, ChangeState] = {}
    for change in changes:
        before = latest.get(change.facts.target)
        facts = change.facts
        if (
            before
            and facts.after is not None
            and facts.after == before.facts.before
            and facts.effective_at <= onset
        ):
            factors[facts.source_ref] = _UNDO
            factors[before.facts.source_ref] = _UNDONE
        latest[facts.target] = change
    return factors
