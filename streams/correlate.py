"""Which alerts belong together: a pure function of the set of alerts, the topology and the settings.

Two alerts are linked when their starts are close in time and their services are related; candidates are the
connected groups, cut where a group has lived too long or grown too large. Nothing here depends on the order in
which alerts are inserted, and inserting one costs as much as its neighbourhood, not as the whole scope.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.settings import CorrelationSettings, micros
from streams.state import AlertKey, AlertState
from streams.topology import Relation, Topology, service_of

Spot = tuple[int, AlertKey]
"""Place of an alert in time: its start for windows, and its key."""
_UNNAMED = "alert:"
_SAME_ALERT = Relation(0.8, "same_alert", 0)
_SAME_NAME = Relation(0.5, "same_alert", 0)


class Link(NamedTuple):
    """Why an alert belongs to an earlier one."""

    score: float
    rule: str
    to: AlertKey | None


FIRST = Link(1.0, "first", None)


class Placed(NamedTuple):
    """An alert in a group, and its service; None where nothing names one."""

    alert: AlertState
    service: str | None


class Life(NamedTuple):
    """A stretch of a component that makes one candidate: its first and last alert, and how many there are."""

    first: Spot
    last: Spot
    size: int
    continues: AlertKey | None
    """First alert of the candidate before, whose life had ended."""


@dataclass(frozen=True, slots=True)
class Group:
    """The alerts of one candidate, by start."""

    index: "Index"
    life: Life
    placed: tuple[Placed, ...]

    @property
    def first(self) -> AlertKey:
        """Key of the alert that starts first, which names the candidate."""
        return self.life.first[1]

    @property
    def onset(self) -> int:
        """Start of the first alert, for windows."""
        return self.placed[0].alert.at

    def link(self, alert: AlertState) -> Link:
        """The strongest link of a member to an earlier one."""
        link, before = self.index.link(alert), self.life.continues
        if link.to is not None and self.index.spot(link.to) >= self.life.first:
            return link
        return FIRST if before is None else Link(link.score, "continued", before)


@dataclass(slots=True)
class Index:
    """Alerts of one scope by time and service, and the components that links make of them."""

    topology: Topology
    settings: CorrelationSettings
    alerts: dict[AlertKey, AlertState] = field(default_factory=dict)
    services: dict[AlertKey, str | None] = field(default_factory=dict)
    by_label: dict[str, list[Spot]] = field(default_factory=dict)
    by_fingerprint: dict[str, list[Spot]] = field(default_factory=dict)
    parent: dict[AlertKey, AlertKey] = field(default_factory=dict)
    spots: dict[AlertKey, list[Spot]] = field(default_factory=dict)
    """The members of each component by start, under its root."""

    def insert(self, alert: AlertState) -> int:
        """Adds an alert and joins all that it links; returns how many components it joined to one."""
        key, spot, joined = alert.key, (alert.at, alert.key), 0
        self.alerts[key], self.parent[key], self.spots[key] = alert, key, [spot]
        self.services[key] = service_of(alert.facts, self.topology)
        for spots, reach, _ in self._neighbours(alert):
            for _, other in _nearest(spots, spot, reach):
                joined += self._join(key, other)
        insort(self.by_label.setdefault(self._label(alert), []), spot)
        insort(self.by_fingerprint.setdefault(alert.facts.fingerprint, []), spot)
        return joined

    def root(self, key: AlertKey) -> AlertKey:
        """The alert that stands for a component; changes when components join."""
        while self.parent[key] != key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key

    def spot(self, key: AlertKey) -> Spot:
        """Where an alert is in time."""
        return self.alerts[key].at, key

    def between(self, label: str, opens: int, closes: int) -> list[AlertKey]:
        """Keys of the alerts filed under a label that start from `opens` to `closes`, both included."""
        spots = self.by_label.get(label, [])
        return [key for _, key in spots[bisect_left(spots, (opens,)) : bisect_left(spots, (closes + 1,))]]

    def begun(self, fingerprint: str, by: int) -> list[AlertKey]:
        """Keys of the alerts of a fingerprint that started at or before this time, by start."""
        spots = self.by_fingerprint.get(fingerprint, [])
        return [key for _, key in spots[: bisect_left(spots, (by + 1,))]]

    def labels(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Under what alerts are filed, each with the services that it stands for: one, or none."""
        return ((label, () if label.startswith(_UNNAMED) else (label,)) for label in self.by_label)

    def components(self) -> Iterator[list[AlertKey]]:
        """The keys of every component, by its first alert."""
        return ([key for _, key in spots] for spots in sorted(self.spots.values()))

    def lives(self, root: AlertKey) -> Iterator[Life]:
        """The candidates that a component makes: cut by starts where one has lived too long or grown too large."""
        spots, start = self.spots[root], 0
        before: AlertKey | None = None
        while start < len(spots):
            first = spots[start]
            end = bisect_left(spots, (first[0] + micros(self.settings.life_s) + 1,))
            end = min(end, start + self.settings.max_members)
            yield Life(first, spots[end - 1], end - start, before)
            before, start = first[1], end

    def life(self, key: AlertKey) -> Life:
        """The life that an alert is in."""
        spot = self.spot(key)
        return next(life for life in self.lives(self.root(key)) if spot <= life.last)

    def group(self, life: Life) -> Group:
        """The alerts of a life."""
        spots = self.spots[self.root(life.first[1])]
        inside = spots[bisect_left(spots, life.first) : bisect_right(spots, life.last)]
        placed = tuple(Placed(self.alerts[key], self.services[key]) for _, key in inside)
        return Group(self, life, placed)

    def link(self, alert: AlertState) -> Link:
        """The strongest link to an alert that starts earlier; the nearest of every related service is looked at."""
        spot, best = (alert.at, alert.key), FIRST
        for spots, reach, relation in self._neighbours(alert):
            place = bisect_left(spots, spot)
            near = place and spot[0] - spots[place - 1][0] <= reach
            if near and (best.to is None or relation.score > best.score):
                best = Link(relation.score, relation.rule, spots[place - 1][1])
        return best

    def _neighbours(self, alert: AlertState) -> Iterator[tuple[list[Spot], int, Relation]]:
        """Where linked alerts may be: lists by time, how far they reach in microseconds, and by what relation.

        The nearest in each list are enough for connection: alerts of one service within the gap of each other
        are linked among themselves.
        """
        yield (
            self.by_fingerprint.get(alert.facts.fingerprint, []),
            micros(self.settings.reopen_s),
            _SAME_ALERT,
        )
        gap = micros(self.settings.gap_s)
        for label, relation in self._related(alert):
            if label in self.by_label:
                yield self.by_label[label], gap, relation

    def _related(self, alert: AlertState) -> Iterable[tuple[str, Relation]]:
        service = self.services[alert.key]
        if service is None:
            return ((self._label(alert), _SAME_NAME),)
        return self.topology.related(service).items()

    def _label(self, alert: AlertState) -> str:
        """Under what an alert is filed: its service, or its name where nothing names a service."""
        return self.services[alert.key] or _UNNAMED + alert.facts.name

    def _join(self, a: AlertKey, b: AlertKey) -> bool:
        a, b = self.root(a), self.root(b)
        if a == b:
            return False
        if len(self.spots[a]) < len(self.spots[b]):
            a, b = b, a
        self.parent[b] = a
        for spot in self.spots.pop(b):
            insort(self.spots[a], spot)
        return True


def _nearest(spots: list[Spot], spot: Spot, reach: int) -> Iterator[Spot]:
    """The nearest before and after, within reach."""
    place = bisect_left(spots, spot)
    if place and spot[0] - spots[place - 1][0] <= reach:
        yield spots[place - 1]
    if place < len(spots) and spots[place][0] - spot[0] <= reach:
        yield spots[place]


def index_of(alerts: Iterable[AlertState], topology: Topology, settings: CorrelationSettings) -> Index:
    """The index of a set of alerts; any order gives the same candidates."""
    index = Index(topology, settings)
    for alert in alerts:
        index.insert(alert)
    return index
