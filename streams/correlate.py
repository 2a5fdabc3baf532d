"""Which alerts belong together: a pure function of the set of alerts, the topology and the settings.

Two alerts are linked when their starts are close in time and their services are related; candidates are the
connected groups, cut where a group has lived too long. Nothing here depends on the order of arrival.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.settings import CorrelationSettings, micros
from streams.state import AlertKey, AlertState
from streams.topology import Relation, Topology, service_of

Spot = tuple[int, AlertKey]
"""Place of an alert in time: its start for windows, and its key."""


class Link(NamedTuple):
    """Why an alert belongs to an earlier one."""

    score: float
    rule: str
    to: AlertKey | None


FIRST = Link(1.0, "first", None)


class Placed(NamedTuple):
    """An alert in a group: its service (None where nothing names one) and the link that put it there."""

    alert: AlertState
    service: str | None
    link: Link


class Group(NamedTuple):
    """Alerts that belong together, by start; `continues` is the first alert of the candidate before."""

    placed: tuple[Placed, ...]
    continues: AlertKey | None

    @property
    def first(self) -> AlertKey:
        """Key of the alert that starts first, which names the candidate."""
        return self.placed[0].alert.key


@dataclass(slots=True)
class Index:
    """Alerts of one scope by time and service, and the components that links make of them."""

    topology: Topology
    settings: CorrelationSettings
    alerts: dict[AlertKey, AlertState] = field(default_factory=dict)
    by_label: dict[str, list[Spot]] = field(default_factory=dict)
    by_fingerprint: dict[str, list[Spot]] = field(default_factory=dict)
    parent: dict[AlertKey, AlertKey] = field(default_factory=dict)
    members: dict[AlertKey, list[AlertKey]] = field(default_factory=dict)

    def insert(self, alert: AlertState) -> Link:
        """Adds an alert and joins all that it links; returns its best link to an alert that starts earlier."""
        spot, key = (alert.at, alert.key), alert.key
        self.alerts[key], self.parent[key], self.members[key] = alert, key, [key]
        best = FIRST
        for (_, other), relation, earlier in list(self._linked(alert, spot)):
            self._join(key, other)
            link = Link(relation.score, relation.rule, other)
            if earlier and (best.to is None or link.score > best.score):
                best = link
        insort(self.by_label.setdefault(_label(alert, self.topology), []), spot)
        insort(self.by_fingerprint.setdefault(alert.facts.fingerprint, []), spot)
        return best

    def service(self, alert: AlertState) -> str | None:
        """The service that an alert is about, by the topology of this index."""
        return service_of(alert.facts, self.topology)

    def between(self, label: str, opens: int, closes: int) -> list[AlertKey]:
        """Keys of the alerts filed under a label that start from `opens` to `closes`, both included."""
        spots = self.by_label.get(label, [])
        return [key for _, key in spots[bisect_left(spots, (opens,)) : bisect_left(spots, (closes + 1,))]]

    def component(self, key: AlertKey) -> list[AlertKey]:
        """Keys of all alerts that are connected with this one, itself included, in no set order."""
        return self.members[self._root(key)]

    def components(self) -> Iterator[list[AlertKey]]:
        """All components, by their first alert."""
        return iter(sorted((sorted(keys) for keys in self.members.values()), key=lambda keys: keys[0]))

    def _linked(self, alert: AlertState, spot: Spot) -> Iterator[tuple[Spot, Relation, bool]]:
        """The nearest alert before and after, of every related service within the gap and of the same alert.

        The nearest are enough: alerts of one service within the gap of each other are linked among themselves.
        """
        again, gap = micros(self.settings.reopen_s), micros(self.settings.gap_s)
        for near, earlier in _nearest(self.by_fingerprint.get(alert.facts.fingerprint, []), spot, again):
            yield near, Relation(0.8, "same_alert", 0), earlier
        for label, relation in self._related(alert):
            for near, earlier in _nearest(self.by_label.get(label, []), spot, gap):
                yield near, relation, earlier

    def _related(self, alert: AlertState) -> Iterable[tuple[str, Relation]]:
        service = service_of(alert.facts, self.topology)
        if service is None:
            return ((_label(alert, self.topology), Relation(0.5, "same_alert", 0)),)
        related = self.topology.related(service)
        if len(related) <= len(self.by_label):
            return related.items()
        return ((label, related[label]) for label in sorted(self.by_label) if label in related)

    def _join(self, a: AlertKey, b: AlertKey) -> None:
        a, b = self._root(a), self._root(b)
        if a == b:
            return
        if len(self.members[a]) < len(self.members[b]):
            a, b = b, a
        self.parent[b] = a
        self.members[a].extend(self.members.pop(b))

    def _root(self, key: AlertKey) -> AlertKey:
        while self.parent[key] != key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key


def _label(alert: AlertState, topology: Topology) -> str:
    """Under what an alert is filed: its service, or its name where nothing names a service."""
    return service_of(alert.facts, topology) or f"alert:{alert.facts.name}"


def _nearest(spots: list[Spot], spot: Spot, reach: int) -> Iterator[tuple[Spot, bool]]:
    place = bisect_left(spots, spot)
    if place and spot[0] - spots[place - 1][0] <= reach:
        yield spots[place - 1], True
    if place < len(spots) and spots[place][0] - spot[0] <= reach:
        yield spots[place], False


def group(alerts: Iterable[AlertState], topology: Topology, settings: CorrelationSettings) -> list[Group]:
    """The candidates that these alerts make, by their first alert.

    A pure function of the set: any order of the same alerts gives the same groups and the same links.
    """
    index = Index(topology, settings)
    links = {alert.key: index.insert(alert) for alert in sorted(alerts, key=lambda a: (a.at, a.key))}
    groups: list[Group] = []
    for keys in index.components():
        groups.extend(_lives([index.alerts[key] for key in keys], links, topology, micros(settings.life_s)))
    return groups


def _lives(
    alerts: list[AlertState], links: dict[AlertKey, Link], topology: Topology, life: int
) -> Iterator[Group]:
    """Cuts a component where it has lived too long: by starts, into a chain of continuations."""
    ordered = sorted(alerts, key=lambda a: (a.at, a.key))
    before: AlertKey | None = None
    while ordered:
        end = ordered[0].at + life
        living = [alert for alert in ordered if alert.at <= end]
        inside = {alert.key for alert in living}
        yield Group(
            tuple(_place(alert, links[alert.key], inside, before, topology) for alert in living), before
        )
        before, ordered = living[0].key, ordered[len(living) :]


def _place(
    alert: AlertState, link: Link, inside: set[AlertKey], before: AlertKey | None, topology: Topology
) -> Placed:
    if link.to not in inside:
        link = FIRST if before is None else Link(link.score, "continued", before)
    return Placed(alert, service_of(alert.facts, topology), link)
