"""How strongly two alerts speak of the same incident: a sum of parts, each a setting.

Above zero the two belong together, below they do not. The parts are those that carry such a decision for people:
how far apart the two began, in the rhythm of their sender; whether one source may explain both; whether the first
still fires; and whether they say the same.
"""

from dataclasses import dataclass, field
from math import log1p
from typing import NamedTuple

from schemas.thresholds import CorrelationSettings
from schemas.times import LATEST, SECOND
from streams.golden import Golden, golden_of
from streams.rhythm import USUAL
from streams.state import AlertKey, AlertState
from streams.topology import Topology
from streams.travel import FAR, Place, Travel, at_cost

_REMEMBERED = 100_000
"""Pairs of places whose scores are remembered."""


class Kin(NamedTuple):
    """What counts of one alert: when, where, and of what kind of trouble."""

    at: int
    key: AlertKey
    ended: int
    """When it ended, as far as is known; LATEST while it fires."""
    service: str | None
    golden: Golden
    name: str
    fingerprint: str
    source: str
    namespace: str | None = None
    period: float = USUAL
    """Seconds between two evaluations of its sender."""


def kin_of(alert: AlertState, service: str | None, ended: int | None) -> Kin:
    """What counts of an alert, were its sender's period the usual one."""
    facts = alert.facts
    return Kin(
        alert.at,
        alert.key,
        LATEST if ended is None else ended,
        service,
        golden_of(facts.name),
        facts.name,
        facts.fingerprint,
        facts.source,
        facts.namespace or facts.labels.get("namespace"),
    )


class Link(NamedTuple):
    """Why an alert belongs to an earlier one."""

    score: float
    """From 0 to 1; one half where nothing speaks for it nor against."""
    rule: str
    to: AlertKey | None


@dataclass(slots=True)
class Kinship:
    """Scores over one topology and one set of settings."""

    topology: Topology
    settings: CorrelationSettings
    travel: Travel = field(init=False)
    links: dict[AlertKey, tuple[tuple[Kin, ...], Link]] = field(default_factory=dict)
    """What ties alerts to earlier ones, each with those that it was chosen from, itself the last of them."""
    _places: dict[tuple[str | None, Golden, str | None, Golden, bool], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepares what is remembered."""
        self.travel = Travel(self.topology)

    def score(self, one: Kin, other: Kin) -> float:
        """How strongly two alerts belong together; symmetric.

        By places; by the time between the starts, and whether the earlier still fires at the later's; by names. In one
        piece, since placing asks for nothing else a million times.
        """
        settings = self.settings
        near = one.namespace is not None and one.namespace == other.namespace
        places = (one.service, one.golden, other.service, other.golden, near)
        known = self._places.get(places)
        if known is None:
            if len(self._places) >= _REMEMBERED:
                self._places.clear()
            known = self._places[places] = self._of_places(one, other)
        earlier, later = (one, other) if one.at <= other.at else (other, one)
        period = max(one.period, other.period)
        unit = settings.time_unit_s * period / USUAL
        apart = settings.apart * log1p((later.at - earlier.at) / SECOND / unit)
        moments = (settings.still_firing if earlier.ended >= later.at else 0.0) - apart
        same = settings.same_name if one.name == other.name else 0.0
        return (
            known + moments + (same + (settings.same_alert if one.fingerprint == other.fingerprint else 0.0))
        )

    def most_of_strangers(self, kin: Kin) -> float:
        """The most that an alert of no known system can score with one of another service."""
        settings = self.settings
        known = kin.namespace is not None and kin.service in self.topology.entities
        source = max(
            settings.unknown_service, settings.common_source[-1] if known else settings.unknown_service
        )
        workload = settings.workloads if kin.golden == "workload" else 0.0
        gains = (workload, settings.workload_and_service, 0.0)
        names = max(0.0, settings.same_name) + max(0.0, settings.same_alert)
        most = settings.base + source + max(gains) + max(0.0, settings.still_firing) + names
        return most if min(settings.apart, settings.quiet) >= 0 else FAR

    def least(self, one: Kin, other: Kin) -> float:
        """The least cost of one source for both."""
        mine, theirs = _place(one), _place(other)
        return FAR if mine is None or theirs is None else self.travel.common(mine, theirs)

    def _of_places(self, one: Kin, other: Kin) -> float:
        settings, kinds = self.settings, {one.golden, other.golden}
        score = settings.base + self._source(one, other)
        if kinds == {"workload"}:
            return score + settings.workloads
        return score + (settings.workload_and_service if "workload" in kinds else 0.0)

    def _source(self, one: Kin, other: Kin) -> float:
        """What a common source is worth: by its cost where the graph knows both, else little or nothing."""
        settings, systems = self.settings, self.topology.systems
        if one.service is None or other.service is None:
            return settings.unknown_service
        if one.service == other.service:
            return settings.common_source[0]
        mine, theirs = systems.get(one.service), systems.get(other.service)
        if mine and theirs:
            if mine != theirs:
                return settings.other_system
            worth = settings.common_source
            return at_cost(self.least(one, other), worth, beyond=worth[-1])
        known = {one.service, other.service} <= self.topology.entities.keys()
        near = known and _share_namespace(one, other)
        return settings.common_source[-1] if near else settings.unknown_service


def _share_namespace(one: Kin, other: Kin) -> bool:
    return one.namespace is not None and one.namespace == other.namespace


def _place(kin: Kin) -> Place | None:
    return None if kin.service is None else (kin.service, kin.golden)
