"""All that the fold over one partition of `signals` remembers. Plain data: `fold` changes it, `snapshot` stores it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappush
from typing import NamedTuple

from schemas.events import Severity
from schemas.thresholds import CorrelationSettings
from streams.answers import AnswerBook
from streams.changes import ChangeBook
from streams.citations import Place
from streams.clock import Clocks
from streams.correlate import Index, index_behind, index_of
from streams.cursors import Cursors
from streams.desk import Desk, desk_of
from streams.ends import EndBook
from streams.feedback import FeedbackBook, FeedbackState
from streams.feeds import Feeds
from streams.group import Life
from streams.looks import Looks
from streams.origins import Origins
from streams.state import AlertKey, AlertState, EntityState
from streams.steps import Plan
from streams.topology import Topology, topology_of
from streams.travel import Travel

Content = tuple[int | str, ...]
"""What may change in a candidate without being material."""


class Material(NamedTuple):
    """What makes a revision worth cutting at once when it changes."""

    services: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    severity: Severity = "unknown"
    state: str = "open"
    phase: str = "provisional"
    suspect: str | None = None
    owner: str | None = None
    edges: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    undone: bool = False
    heard: tuple[str, ...] = ()
    """What people have said, in words."""


NOTHING_YET = Material()


@dataclass(slots=True)
class Published:
    """The last revision of a candidate that was cut."""

    first: AlertKey
    number: int = 0
    material: Material = NOTHING_YET
    content: Content = ()
    cut_at: int = 0
    first_cut_at: int = 0
    merged_into: str | None = None
    citations: dict[Place, int] = field(default_factory=dict)
    life: Life | None = None
    """The stretch of alerts that it was made of; while it is the same, there is nothing to look at."""
    firing: int = 0
    """Alerts of it that were firing."""
    ended_since: int = 0
    """Ends that have been told of them since."""
    target: str | None = None
    """What the top suspect had changed."""


@dataclass(slots=True)
class Decided:
    """What the audit last said of a candidate."""

    first: AlertKey
    suspect: str | None = None
    owner: str | None = None
    proposals: dict[str, int] = field(default_factory=dict)
    """Proposals in force, with the time at which each was made."""
    merged_into: str | None = None
    life: Life | None = None
    """The stretch of settled alerts that it was decided on."""


class Due(NamedTuple):
    """Something to look at once the clock has come to `at`: an alert, a hold, a count, a change, what was said, ..."""

    at: int
    what: str
    key: AlertKey
    ref: str = ""


@dataclass(slots=True)
class TenantMemory:
    """What belongs to a whole tenant: it is in every partition."""

    name: str
    entities: dict[str, EntityState] = field(default_factory=dict)
    book: ChangeBook = field(default_factory=ChangeBook)
    ends: EndBook = field(default_factory=EndBook)
    kinds_seen: dict[str, int] = field(default_factory=dict)
    """Kinds of change ever published, with the time at which the earliest known one took effect."""
    feeds: Feeds = field(default_factory=Feeds)
    """How regularly changes without an environment are reported."""
    version: int = 0
    """Counts the changes of the catalog, so that scopes see when theirs is stale."""
    swept_at: int = 0
    _built: tuple[int, Topology] | None = None
    _desk: Desk | None = None

    def see_kind(self, kind: str, effective_at: int) -> bool:
        """Remembers that such a change was published; True when none this early was known."""
        earliest = self.kinds_seen.get(kind)
        if earliest is not None and earliest <= effective_at:
            return False
        self.kinds_seen[kind] = effective_at
        return True

    def desk(self) -> Desk:
        """The rotas and runbooks in force."""
        if self._desk is None:
            self._desk = desk_of(self.entities)
        return self._desk

    def desk_changed(self) -> None:
        """A rota or a runbook says something new; the graph of the services stays as it is."""
        self._desk = None

    def topology(self, settings: CorrelationSettings) -> Topology:
        """The graph of the catalog entries in force."""
        if self._built is None or self._built[0] != self.version:
            built = topology_of(self.entities, hops=settings.hops, hub_degree=settings.hub_degree)
            self._built = (self.version, built)
        return self._built[1]


@dataclass(slots=True)
class ScopeMemory:
    """What belongs to one scope: a tenant and an environment."""

    tenant: str
    environment: str
    alerts: dict[AlertKey, AlertState] = field(default_factory=dict)
    book: ChangeBook = field(default_factory=ChangeBook)
    ends: EndBook = field(default_factory=EndBook)
    said: FeedbackBook = field(default_factory=FeedbackBook)
    feeds: Feeds = field(default_factory=Feeds)
    """How regularly changes of this environment are reported."""
    answers: AnswerBook = field(default_factory=AnswerBook)
    published: dict[str, Published] = field(default_factory=dict)
    decided: dict[str, Decided] = field(default_factory=dict)
    firsts: dict[AlertKey, str] = field(default_factory=dict)
    """Candidates ever published or decided, by their first alert."""
    due: list[Due] = field(default_factory=list)
    arrived: set[AlertKey] = field(default_factory=set)
    """New alerts of a batch that is not all here yet; their candidates are looked at, once it is, where it matters."""
    called: set[AlertKey] = field(default_factory=set)
    """Alerts whose candidates are looked at once a batch is all here."""
    unrevised: set[AlertKey] = field(default_factory=set)
    """Alerts whose candidates have changed in something that can wait for the next step of the clock."""
    waits: dict[AlertKey, int] = field(default_factory=dict)
    """Candidates, by an alert of each, that have changed in something that can wait until this time of the clock."""
    last_step: int = 0
    swept_at: int = 0
    evicted: int = 0
    views: "Views | None" = None
    plans: tuple[Plan, Plan] | None = None
    """How a snapshot came to its views, as long as they have not been built again: all alerts, and the settled."""

    def planned(self) -> tuple[Plan, Plan] | None:
        """What a snapshot keeps of the views."""
        return (self.views.live.plan(), self.views.settled.plan()) if self.views else self.plans

    def schedule(self, at: int, what: str, key: AlertKey = (0, ""), ref: str = "") -> None:
        """Remembers to look at something once the clock has come to `at`."""
        heappush(self.due, Due(at, what, key, ref))

    def is_settled(self, known: FeedbackState) -> bool:
        """True for what a person said that decisions count by now."""
        return known.settle_at <= self.last_step

    def published_life(self, first: AlertKey) -> Life | None:
        """What the candidate with this first alert was last published as."""
        published = self.published.get(self.firsts.get(first, ""))
        return published.life if published else None

    def decided_life(self, first: AlertKey) -> Life | None:
        """What the candidate with this first alert was last decided on."""
        decided = self.decided.get(self.firsts.get(first, ""))
        return decided.life if decided else None

    def viewed(self, tenant: TenantMemory, settings: CorrelationSettings) -> "Views":
        """The alerts by time and service; built again when the catalog has changed."""
        if self.views is None or self.views.version != tenant.version:
            topology, books = tenant.topology(settings), (self.book, tenant.book)
            settled = (alert for alert in self.alerts.values() if alert.settled)
            known, decided = Origins(books, topology), Origins(books, topology, lambda: self.last_step)
            live_plan, sure_plan = self.plans or (None, None)
            come = index_of(self.alerts.values(), topology, settings, known, live_plan)
            sure = index_behind(come, settled, decided, self.last_step, sure_plan)
            self.views = Views(live=come, settled=sure, version=tenant.version)
            sure.splits = come.splits
            self.views.live.wishes = self.said.wishes
            self.views.settled.wishes = lambda: self.said.wishes(self.is_settled)
            self.plans = None
        return self.views


@dataclass(frozen=True, slots=True)
class Views:
    """The alerts of a scope by time and service: all that have come, and those that have settled."""

    live: Index
    settled: Index
    version: int
    """Version of the catalog that both were built with."""
    looks: Looks = field(default_factory=Looks)
    """What was seen of their candidates."""

    @property
    def travel(self) -> Travel:
        """How trouble travels between the services of the scope."""
        return self.live.placing.kinship.travel


@dataclass(slots=True)
class Memory:
    """Everything: cursors, clocks, tenants and scopes of one partition."""

    partition: int
    next_offset: int = 0
    cursors: Cursors = field(default_factory=Cursors)
    clocks: Clocks = field(default_factory=Clocks)
    tenants: dict[str, TenantMemory] = field(default_factory=dict)
    scopes: dict[tuple[str, str], ScopeMemory] = field(default_factory=dict)

    def tenant(self, name: str) -> TenantMemory:
        """The tenant's part, made on first sight."""
        return self.tenants.setdefault(name, TenantMemory(name))

    def scope(self, tenant: str, environment: str) -> ScopeMemory:
        """The scope's part, made on first sight; it starts from its tenant's shared part."""
        key = (tenant, environment)
        if key not in self.scopes:
            born = self.scopes[key] = ScopeMemory(tenant, environment)
            for change in self.tenant(tenant).book.by_ref.values():
                born.schedule(change.settle_at, "change", ref=change.facts.source_ref)
        return self.scopes[key]

    def scopes_of(self, tenant: str) -> list[ScopeMemory]:
        """The tenant's scopes, by environment."""
        return [scope for (name, _), scope in sorted(self.scopes.items()) if name == tenant]

    def scopes_about(self, tenant: str, environment: str | None) -> Iterable[ScopeMemory]:
        """The scopes that a record is about, as far as there are any: all of its tenant without an environment."""
        if environment is None:
            return self.scopes_of(tenant)
        scope = self.scopes.get((tenant, environment))
        return () if scope is None else (scope,)
