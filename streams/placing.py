"""Alerts placed one after the other, by start: clusters by average linkage, and how to take a placement back."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf, log1p

from schemas.settings import micros
from schemas.thresholds import CorrelationSettings
from schemas.times import SECOND
from streams.cluster import Cluster, Joined
from streams.kinship import Kin, Kinship
from streams.rhythm import USUAL
from streams.state import AlertKey
from streams.steps import Step, Told
from streams.vocabulary import shares, words_of

_OLDEST, _NEWEST = 8, 24
"""Members of a large cluster that stand for it: its first and its latest."""
_COMPARED = 8
"""Clusters whose words are held against each other."""
_NEARLY = 0.5
"""How far below the bar a cluster may be to be looked at for joining another."""
_ROUNDED = 1e-9
"""More than adding in another order can make of a score."""
_RATE_S = 1800.0
_RATE_MOST = 10.0
"""Alerts a minute above which a storm raises the bar no further: it must not fall to pieces."""


@dataclass(slots=True)
class Placing:
    """The clusters so far, and the steps that led to them."""

    kinship: Kinship
    settings: CorrelationSettings
    kins: dict[AlertKey, Kin] = field(default_factory=dict)
    of: dict[AlertKey, Cluster] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    open: list[Cluster] = field(default_factory=list)

    began: dict[str | None, list[int]] = field(default_factory=dict)
    """Starts of all that is placed by system, in order; under None those of any."""

    def place(self, kin: Kin) -> Cluster:
        """Places the alert that starts next."""
        self.kins[kin.key] = kin
        before = kin.at - micros(self.settings.quiet_s)
        closed = tuple(cluster for cluster in self.open if cluster.last < before)
        self._close(closed)
        system = self._system(kin.key)
        bar = self.settings.rate * log1p(min(_RATE_MOST, self._rate(system, kin.at)))
        taking = self._that_may_take(kin, bar) if system is None else self._of_system(system)
        values = sorted(((self._value(kin, cluster) - bar, cluster) for cluster in taking), key=self._order)
        values = self._worded(kin, values)
        alone = not values or values[0][0] <= 0
        near = () if alone else (other for value, other in values[1:] if value > -_NEARLY)
        return self._put(
            kin, Cluster() if alone else values[0][1], closed, lambda c: self._joined(c, near, bar)
        )

    def told(self) -> list[Told]:
        """All steps in numbers, by which `follow` comes to the same without thinking."""
        numbers: dict[Cluster, int] = {}
        return [
            Told(
                numbers.setdefault(step.cluster, len(numbers)),
                tuple(numbers[joined] for joined, _, _ in step.joined),
                tuple(numbers[closed] for closed in step.closed),
            )
            for step in self.steps
        ]

    def follow(self, kin: Kin, told: Told, clusters: list[Cluster]) -> None:
        """Places the alert that starts next as was told; `clusters` are those so far, and grow with it."""
        if told.cluster == len(clusters):
            clusters.append(Cluster())
        others = [clusters[number] for number in told.joined]
        closed = tuple(clusters[number] for number in told.closed)
        self._as_known(kin, clusters[told.cluster], others, closed)

    def adopt(self, kin: Kin, step: Step) -> Cluster:
        """Places the alert that starts next as another placing did, which had come to the same until then."""
        of = self.of
        cluster = Cluster() if step.cluster.founder == kin.key else of[step.cluster.founder]
        others = [of[joined.founder] for joined, _, _ in step.joined]
        return self._as_known(kin, cluster, others, tuple(of[closed.founder] for closed in step.closed))

    def _as_known(
        self, kin: Kin, cluster: Cluster, others: Iterable[Cluster], closed: tuple[Cluster, ...]
    ) -> Cluster:
        self.kins[kin.key] = kin
        self._close(closed)
        return self._put(kin, cluster, closed, lambda into: [self._join(into, other) for other in others])

    def _put(
        self,
        kin: Kin,
        cluster: Cluster,
        closed: tuple[Cluster, ...],
        joining: Callable[[Cluster], Iterable[Joined]],
    ) -> Cluster:
        if not cluster.members:
            cluster.founder = kin.key
            self.open.append(cluster)
        before = cluster.last
        cluster.members.append(kin.key)
        cluster.last = kin.at
        cluster.changed()
        system = self._system(kin.key)
        cluster.systems[system] += 1
        cluster.services[kin.service] += 1
        for one in {system, None}:
            self.began.setdefault(one, []).append(kin.at)
        self.of[kin.key] = cluster
        self.steps.append(Step(kin.key, cluster, before, tuple(joining(cluster)), closed))
        return cluster

    def take_back(self) -> Step:
        """Takes the last placement back; the members of its cluster are then those of before."""
        step = self.steps.pop()
        for absorbed, members, last in reversed(step.joined):
            step.cluster.members, step.cluster.last = members, last
            step.cluster.systems -= absorbed.systems
            step.cluster.services -= absorbed.services
            self.of.update(dict.fromkeys(absorbed.members, absorbed))
            self.open.append(absorbed)
        step.cluster.members.pop()
        step.cluster.changed()
        system = self._system(step.key)
        _leave(step.cluster.systems, system)
        _leave(step.cluster.services, self.kins[step.key].service)
        for one in {system, None}:
            self.began[one].pop()
        step.cluster.last = step.before
        if not step.cluster.members:
            self.open.remove(step.cluster)
        self.open.extend(step.closed)
        del self.of[step.key], self.kins[step.key]
        return step

    def drop(self, clusters: set[Cluster]) -> None:
        """Forgets whole clusters, as if their alerts had never been."""
        for key in [key for cluster in clusters for key in cluster.members]:
            del self.of[key], self.kins[key]
        self.open = [cluster for cluster in self.open if cluster not in clusters]
        self.steps = [
            step._replace(closed=tuple(c for c in step.closed if c not in clusters)) if step.closed else step
            for step in self.steps
            if step.key in self.of
        ]
        self.began = {}
        for step in self.steps:
            for one in {self._system(step.key), None}:
                self.began.setdefault(one, []).append(self.kins[step.key].at)

    def _rate(self, system: str | None, at: int) -> float:
        """Alerts a minute in the half hour before, of the system alone where it is known: others say nothing of it."""
        began = self.began.get(system, [])
        lately = len(began) - bisect_left(began, at - micros(_RATE_S))
        return lately / (_RATE_S / 60)

    def _of_system(self, system: str) -> list[Cluster]:
        """The open clusters that an alert of a system may join: alerts of two known systems never belong together."""
        return [c for c in self.open if system in c.systems or None in c.systems]

    def _that_may_take(self, kin: Kin, bar: float) -> list[Cluster]:
        """The open clusters that may come near an alert of no known system: in a storm none without its service.

        The others need no score, nine in ten of a storm without a catalog.
        """
        needed = bar - _NEARLY - self.kinship.most_of_strangers(kin) - _ROUNDED
        mine = [cluster for cluster in self.open if kin.service in cluster.services]
        if sum(self.kinship.names) <= needed:
            return mine
        return mine + [c for c in self.open if kin.service not in c.services and self._say(kin, c) > needed]

    def _say(self, kin: Kin, cluster: Cluster) -> float:
        """The most that an alert can score with a cluster on average for its names."""
        kins = self._sample(cluster)
        if cluster.said is None:
            cluster.said = Counter(text for one in kins for text in (one.name, one.fingerprint))
        name, fingerprint = self.kinship.names
        same, again = cluster.said.get(kin.name, 0), cluster.said.get(kin.fingerprint, 0)
        return (same * name + again * fingerprint) / len(kins)

    def _worded(self, kin: Kin, values: list[tuple[float, Cluster]]) -> list[tuple[float, Cluster]]:
        """The same where words cannot decide; else with more for the clusters that share what few of them say."""
        near, most = values[:_COMPARED], self.settings.words
        best, second = [value for value, _ in near[:2]] if len(near) > 1 else (-inf, -inf)
        if best <= -most or (best > 0 and second <= best - most):
            return values
        shared = shares(words_of(kin.facts), [self._words(cluster) for _, cluster in near])
        worded = [
            (value + most * share, cluster) for (value, cluster), share in zip(near, shared, strict=True)
        ]
        return sorted([*worded, *values[_COMPARED:]], key=self._order)

    def _words(self, cluster: Cluster) -> frozenset[str]:
        if cluster.words is None:
            cluster.words = frozenset(word for kin in self._sample(cluster) for word in words_of(kin.facts))
        return cluster.words

    def _system(self, key: AlertKey) -> str | None:
        return self.kinship.topology.systems.get(self.kins[key].service or "")

    def _close(self, closed: tuple[Cluster, ...]) -> None:
        if closed:
            self.open = [cluster for cluster in self.open if cluster not in closed]

    def _value(self, kin: Kin, cluster: Cluster) -> float:
        """The mean score with the members, less for how long the cluster has been quiet.

        A cluster in which the alert's own service still fires has not been quiet.
        """
        members = self._sample(cluster)
        mean = self._mean((kin,), members)
        if any(one.service == kin.service is not None and one.ended >= kin.at for one in members):
            return mean
        return mean - self.settings.quiet * log1p((kin.at - cluster.last) / SECOND / max(USUAL, kin.period))

    def _joined(self, cluster: Cluster, near: Iterable[Cluster], bar: float) -> Iterator[Joined]:
        """Makes one of a cluster and those that it has enough in common with on average."""
        for other in near:
            if self._mean(self._sample(cluster), self._sample(other)) > bar:
                yield self._join(cluster, other)

    def _join(self, cluster: Cluster, other: Cluster) -> Joined:
        joined = (other, cluster.members, cluster.last)
        merged = sorted((*cluster.members, *other.members), key=lambda key: (self.kins[key].at, key))
        cluster.members, cluster.last = merged, max(cluster.last, other.last)
        cluster.changed()
        cluster.systems += other.systems
        cluster.services += other.services
        self.of.update(dict.fromkeys(other.members, cluster))
        self.open.remove(other)
        return joined

    def _order(self, value: tuple[float, Cluster]) -> tuple[float, int, AlertKey]:
        first = value[1].members[0]
        return -value[0], self.kins[first].at, first

    def _mean(self, some: Sequence[Kin], others: Sequence[Kin]) -> float:
        scores = self.kinship.scores
        return sum([score for one in some for score in scores(one, others)]) / (len(some) * len(others))

    def _sample(self, cluster: Cluster) -> list[Kin]:
        if cluster.sample is None:
            members = cluster.members
            if len(members) > _OLDEST + _NEWEST:
                members = [*members[:_OLDEST], *members[-_NEWEST:]]
            cluster.sample = [self.kins[key] for key in members]
        return cluster.sample

    def end(self, key: AlertKey, ended: int) -> Cluster | None:
        """Says when an alert has ended; its cluster, where it is placed."""
        return self.see(self.kins[key]._replace(ended=ended)) if key in self.kins else None

    def see(self, kin: Kin) -> Cluster:
        """Takes in what counts now of an alert that is placed; its cluster."""
        self.kins[kin.key] = kin
        cluster = self.of[kin.key]
        cluster.changed()
        return cluster


def _leave(systems: Counter[str | None], system: str | None) -> None:
    if systems[system] > 1:
        systems[system] -= 1
    else:
        del systems[system]
