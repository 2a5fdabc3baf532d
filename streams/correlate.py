"""Which alerts belong together: a pure function of the set of alerts, what is known near them, and the settings.

Alerts are placed in the order of their starts, each with those it has most in common with on average (average
linkage; Sokal and Michener 1958), or on its own; what it ties together becomes one. An alert that comes late takes
back what was placed after it, and all of it is placed again: any order of arrival gives the same. What is placed
together is then split by source (`splitting`), and cut where it has lived too long or grown too large.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from zlib import crc32

from schemas.settings import micros
from schemas.thresholds import CorrelationSettings
from schemas.times import EARLIEST
from streams.abreast import Abreast
from streams.cluster import Cluster
from streams.filed import Filing, Spot
from streams.group import Group, Life, Placed
from streams.kinship import Kin, Kinship, Link, kin_of
from streams.placing import Placing
from streams.rhythm import USUAL, Rhythms
from streams.splitting import FEWEST, Off, Part, Sought, Splits, nobody
from streams.state import AlertKey, AlertState
from streams.steps import Plan, Told
from streams.topology import Topology, service_of
from streams.touched import Touched
from streams.wishes import Wishes, bundle, honoured, horizon, nothing


@dataclass(slots=True)
class Index:
    """Alerts of one scope by time, and the candidates that are made of them."""

    topology: Topology
    settings: CorrelationSettings
    origins: Sought = nobody
    """The changes that may be sources of alerts and took effect from one moment to another, on given services."""
    splits: Splits = field(default_factory=Splits)
    wishes: Callable[[], Wishes] = nothing
    """What people want to be one incident, and what two."""
    alerts: dict[AlertKey, AlertState] = field(default_factory=dict)
    services: dict[AlertKey, str | None] = field(default_factory=dict)
    spots: list[Spot] = field(default_factory=list)
    """All alerts by start; those up to the number of steps are placed."""
    ends: dict[AlertKey, int] = field(default_factory=dict)
    files: Filing = field(default_factory=Filing)
    rhythms: Rhythms = field(default_factory=Rhythms)
    placing: Placing = field(init=False)
    ahead: "Index | None" = None
    """The index of what has come, where this is the one of what has settled, which takes from it what is the same."""
    abreast: Abreast | None = None
    """How far the two are the same; both know it."""
    moved: set[AlertKey] = field(default_factory=set)
    """Alerts that may be in another candidate than when this was last emptied, one of each candidate at least."""
    _groups: dict[Cluster, tuple[Group, ...]] = field(default_factory=dict)
    touched: Touched[int] = field(default_factory=Touched)
    """Starts of the alerts that were added or forgotten."""

    def __post_init__(self) -> None:
        """Prepares the clusters; what is remembered of kinship serves both of two."""
        ahead = self.ahead
        kinship = ahead.placing.kinship if ahead else Kinship(self.topology, self.settings)
        self.placing = Placing(kinship, self.settings)
        if ahead:
            self.abreast = ahead.abreast = Abreast(ahead.placing, self.placing)

    @property
    def waiting(self) -> int:
        """How many alerts have to be placed, or placed again."""
        return len(self.spots) - len(self.placing.steps)

    def insert(self, alert: AlertState, ended: int | None) -> None:
        """Adds an alert; `ended` is when it ended, where that counts already."""
        key, spot = alert.key, (alert.at, alert.key)
        self.alerts[key], self.services[key] = alert, service_of(alert.facts, self.topology)
        self.touched.add(alert.at)
        self._take_back(bisect_left(self.spots, spot))
        insort(self.spots, spot)
        self.files.add(alert.facts, self.services[key], spot)
        if ended is not None:
            self.end(key, ended)

    def end(self, key: AlertKey, ended: int) -> None:
        """Says when an alert has ended, or has ended earlier than was said before."""
        alert, before = self.alerts[key], self.ends.get(key)
        if before == ended:
            return
        source, first = alert.facts.source, self.rhythms.at_first(alert.facts.source)
        if before is not None:
            self.rhythms.remove(source, before, before - alert.at)
        self.rhythms.add(source, ended, ended - alert.at)
        anew = self.rhythms.at_first(source) != first
        self._take_back(0 if anew else bisect_left(self.spots, (min(ended, before or ended),)))
        self.ends[key] = ended
        cluster = self.placing.end(key, ended)
        if cluster is not None:
            self._stale(cluster)
        if self.abreast:
            self.abreast.ended(key)

    def reconsider(self, since: int = EARLIEST) -> None:
        """Forgets how clusters were split, for another wish, or for a change that took effect at `since`.

        What ended before that is split as it was; most changes are later than all alerts.
        """
        since = EARLIEST if self.wishes().tied else since
        self._groups = {cluster: groups for cluster, groups in self._groups.items() if cluster.last < since}

    def plan(self) -> Plan:
        """What it takes to come to the same again."""
        return Plan(tuple(self.placing.told()), tuple(sorted(self.moved & self.alerts.keys())))

    def taken_moved(self) -> set[AlertKey]:
        """The alerts that may have moved since this was last asked."""
        self.place()
        moved, self.moved = self.moved, set()
        return moved & self.alerts.keys()

    def groups(self, key: AlertKey) -> tuple[Group, ...]:
        """The candidates that were placed together with this alert, its own among them; by start."""
        self.place()
        cluster = self.placing.of[key]
        if cluster not in self._groups:
            wishes = self.wishes()
            tied = bundle(cluster, wishes, self.placing.of)
            parts = [part for one in tied for part in self._split(one)]
            off = {part.kins[0].key: part.off for part in parts}
            wanted = honoured([part.kins for part in parts], wishes, self.placing.kinship.score)
            groups = tuple(group for part in wanted for group in self._lives(part, wishes, off))
            self._groups.update(dict.fromkeys(tied, groups))
        return self._groups[cluster]

    def group(self, key: AlertKey) -> Group:
        """The candidate that this alert is in."""
        return next(g for g in self.groups(key) if any(placed.alert.key == key for placed in g.placed))

    def beside(self, key: AlertKey, most: int) -> list[AlertKey]:
        """The latest alerts before this one of those that it was placed together with."""
        self.place()
        members = self.placing.of[key].members
        return members[: members.index(key)][-most:]

    def together(self) -> list[list[AlertKey]]:
        """The alerts that were placed together, or that a person put together, by start."""
        self.place()
        wishes, left, found = self.wishes(), dict.fromkeys(self.placing.of.values()), list[list[Spot]]()
        for cluster in list(left):
            if cluster in left:
                tied = bundle(cluster, wishes, self.placing.of)
                found.append(sorted((self.alerts[key].at, key) for one in tied for key in one.members))
                for one in tied:
                    del left[one]
        return [[key for _, key in spots] for spots in sorted(found)]

    def drop(self, keys: Iterable[AlertKey]) -> None:
        """Forgets alerts; what was placed with them is placed again, and the others stay where they are."""
        self.place()
        gone = {key for key in keys if key in self.alerts}
        clusters = {self.placing.of[key] for key in gone}
        members = [key for cluster in clusters for key in cluster.members]
        kept = [(self.alerts[key], self.ends.get(key)) for key in members if key not in gone]
        self.placing.drop(clusters)
        for cluster in clusters:
            self._stale(cluster)
        for key in members:
            self._forget(key)
        self.spots = [spot for spot in self.spots if spot[1] in self.alerts]
        if self.abreast:
            self.abreast.taken_back(0)
        for alert, ended in kept:
            self.insert(alert, ended)
        for kin in list(self.placing.kins.values()):  # the rhythm of a sender is that of the rest now
            if (now := self._kin(kin.at, kin.key)) != kin:
                self._stale(self.placing.see(now))

    def started(self, opens: int, closes: int) -> list[AlertKey]:
        """Keys of all alerts that start from `opens` to `closes`, both included."""
        first, end = bisect_left(self.spots, (opens,)), bisect_left(self.spots, (closes + 1,))
        return [key for _, key in self.spots[first:end]]

    def follow(self, told: Iterable[Told], moved: Iterable[AlertKey]) -> None:
        """Places the first alerts as another index told, and takes over what has moved there."""
        clusters: list[Cluster] = []
        for (at, key), one in zip(self.spots, told, strict=False):
            self.placing.follow(self._kin(at, key), one, clusters)
        self.moved |= set(moved)

    def _kin(self, at: int, key: AlertKey) -> Kin:
        alert = self.alerts[key]
        period = self.rhythms.period(alert.facts.source, at)
        kin = kin_of(alert, self.services[key], self.ends.get(key))
        return kin if period == USUAL else kin._replace(period=period)

    def place(self) -> None:
        """Places all alerts that wait for it."""
        spots, done = self.spots, len(self.placing.steps)
        if done == len(spots):
            return
        if self.ahead:
            self.ahead.place()
        named = self.wishes().keys
        while done < len(spots):
            at, key = spots[done]
            cluster = self._placed(self._kin(at, key))
            for joined in (cluster, *(one for one, _, _ in self.placing.steps[-1].joined)):
                self._stale(joined)
            if key in named:
                self.reconsider()
            self.moved.add(key)
            done += 1

    def _placed(self, kin: Kin) -> Cluster:
        known = self.abreast.known(kin) if self.ahead and self.abreast else None
        return self.placing.adopt(*known) if known else self.placing.place(kin)

    def _take_back(self, position: int) -> None:
        if self.abreast:
            self.abreast.taken_back(position)
        while len(self.placing.steps) > position:
            step = self.placing.take_back()
            for cluster in (step.cluster, *(joined for joined, _, _ in step.joined)):
                self._stale(cluster)
                self.moved.update(cluster.members[:1])
            self.moved.add(step.key)

    def _stale(self, cluster: Cluster) -> None:
        """Forgets the candidates of a cluster, and with them those of whatever is tied to it."""
        groups = self._groups.pop(cluster, None)
        if groups and self.wishes().tied:
            self._groups = {one: known for one, known in self._groups.items() if known is not groups}

    def _split(self, cluster: Cluster) -> Iterator[Part]:
        """The alerts of one source each, as alerts have it by themselves."""
        kins = [self.placing.kins[key] for key in cluster.members]
        if len(kins) < FEWEST:
            yield Part(kins, None)
            return
        travel, before = self.placing.kinship.travel, micros(self.settings.split_change_s)
        reach = travel.reach((kin.service, kin.golden) for kin in kins if kin.service)
        origins = tuple(self.origins(kins[0].at - before, kins[-1].at, reach))
        yield from self.splits.of(kins, origins, travel, self.settings)

    def _lives(self, kins: Sequence[Kin], wishes: Wishes, off: Off) -> Iterator[Group]:
        """Cut where alerts start too long after the first, or are too many; what people tied together is not cut."""
        start, before, length = 0, None, micros(self.settings.life_s)
        while start < len(kins):
            first = kins[start]
            until = horizon(kins, start, length, wishes) if wishes.tied else first.at + length
            end = bisect_right(kins, until, key=lambda kin: kin.at)
            part = kins[start : min(end, start + self.settings.max_members)]
            yield self._group(part, before, off.get(first.key))
            before, start = first.key, start + len(part)

    def _group(self, kins: Sequence[Kin], before: AlertKey | None, off: Link | None) -> Group:
        mark = sum(crc32(f"{kin.key}{kin.period}".encode()) for kin in kins)
        placed = tuple(Placed(self.alerts[kin.key], kin.service) for kin in kins)
        life = Life(kins[0].key, len(kins), mark, before)
        return Group(life, placed, tuple(kins), self.placing.kinship, off)

    def _forget(self, key: AlertKey) -> None:
        alert = self.alerts.pop(key)
        self.touched.add(alert.at)
        self.placing.kinship.links.pop(key, None)
        self.splits.drop(key)
        ended, spot = self.ends.pop(key, None), (alert.at, key)
        if ended is not None:
            self.rhythms.remove(alert.facts.source, ended, ended - alert.at)
        self.files.remove(alert.facts, self.services.pop(key), spot)


def index_of(
    alerts: Iterable[AlertState],
    topology: Topology,
    settings: CorrelationSettings,
    origins: Sought = nobody,
    plan: Plan | None = None,
) -> Index:
    """The index of a set of alerts; any order gives the same. A plan of the same alerts spares the thinking."""
    known = [(alert, alert.ended_at) for alert in alerts]
    return _filled(Index(topology, settings, origins), known, plan)


def index_behind(
    ahead: Index, alerts: Iterable[AlertState], origins: Sought, by: int, plan: Plan | None = None
) -> Index:
    """The same of some alerts of another index, counting the ends that had settled by a time of the clock."""
    known = [(alert, alert.ended_by(by)) for alert in alerts]
    return _filled(Index(ahead.topology, ahead.settings, origins, ahead=ahead), known, plan)


def _filled(index: Index, alerts: Iterable[tuple[AlertState, int | None]], plan: Plan | None) -> Index:
    for alert, ended in sorted(alerts, key=lambda known: (known[0].at, known[0].key)):
        index.insert(alert, ended)
    if plan is not None:
        index.follow(plan.told, plan.moved)
    return index
