"""How strongly two alerts speak of the same incident: a sum of parts, each a setting.

Above zero the two belong together, below they do not. The parts are those that carry such a decision for people:
how far apart the two began, in the rhythm of their sender; whether one source may explain both; whether the first
still fires; and whether they say the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log1p
from typing import NamedTuple

from schemas.events import AlertFacts
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
    facts: AlertFacts
    """What it says in its own words."""
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
        facts,
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
        """How strongly two alerts belong together; symmetric."""
        return self.scores(one, (other,))[0]

    def scores(self, one: Kin, others: Iterable[Kin]) -> list[float]:
        """The same of one alert with each of some.

        By places; by the time between the starts, and whether the earlier still fires at the later's; by names. In one
        piece, since placing asks for nothing else a million times.
        """
        settings, places = self.settings, self._places
        apart, firing, time_unit = settings.apart, settings.still_firing, settings.time_unit_s
        at, ended, service, golden = one.at, one.ended, one.service, one.golden
        namespace, mine, name, fingerprint = one.namespace, one.period, one.name, one.fingerprint
        found = list[float]()
        for other in others:
            near = namespace is not None and namespace == other.namespace
            place = (service, golden, other.service, other.golden, near)
            known = places.get(place)
            if known is None:
                if len(places) >= _REMEMBERED:
                    places.clear()
                known = places[place] = self._of_places(one, other)
            theirs, began = other.period, other.at
            unit = time_unit * max(mine, theirs) / USUAL
            if at <= began:
                still, between = ended >= began, began - at
            else:
                still, between = other.ended >= at, at - began
            moments = (firing if still else 0.0) - apart * log1p(between / SECOND / unit)
            same = settings.same_name if name == other.name else 0.0
            again = settings.same_alert if fingerprint == other.fingerprint else 0.0
            found.append(known + moments + (same + again))
        return found

    def most_of_strangers(self, kin: Kin) -> float:
        """The most that an alert of no known system can score with one of another service, but for their names."""
        settings = self.settings
        known = kin.namespace is not None and kin.service in self.topology.entities
        source = max(
            settings.unknown_service, settings.common_source[-1] if known else settings.unknown_service
        )
        workload = settings.workloads if kin.golden == "workload" else 0.0
        gains = (workload, settings.workload_and_service, 0.0)
        most = settings.base + source + max(gains) + max(0.0, settings.still_firing)
        return most if min(settings.apart, settings.quiet) >= 0 else FAR

    @property
    def names(self) -> tuple[float, float]:
        """What the same name, and the same alert, may add at most."""
        return max(0.0, self.settings.same_name), max(0.0, self.settings.same_alert)

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
