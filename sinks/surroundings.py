"""Owns what surrounds incidents: the changes of a day and what followed them, what pages most, what was suppressed.

May not: write, judge. Goes to: the page and the commands `why`, `changes` and `noise`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, and_, desc, func, or_, select, true

from schemas.packets import Candidate
from schemas.settings import REPLAY_PREFIX
from sinks.membership import RULES
from sinks.tables import CANDIDATES, CHANGES, DEAD_LETTERS, MEMBERS
from sinks.views import CHANGES_FOLLOWED, INCIDENT_ALERTS

Within = Callable[[FromClause], ColumnElement[bool]]
"""The rows of a table that the asker may see."""
_MOST: Final = 500
_BEGAN: Final = ("first", "split")
"""Rules of alerts that began an incident instead of joining one."""
_SAID: Final = ("title", "target", "service", "actor", "kind", "source_ref", "environment")


@dataclass(frozen=True)
class Span:
    """A stretch of time, both ends in microseconds since 1970, of lived tenants or of replays."""

    since: int
    until: int
    replays: bool = False

    def covers(self, table: FromClause, column: str) -> ColumnElement[bool]:
        """The rows of a table whose time lies in it."""
        replayed = table.c.tenant.like(f"{REPLAY_PREFIX}%")
        inside = and_(table.c[column] >= self.since, table.c[column] <= self.until)
        return and_(inside, replayed if self.replays else ~replayed)


@dataclass(frozen=True)
class OtherSource:
    """An alert that is the source of alerts which a candidate was split off from, and the incident that holds it."""

    fingerprint: str
    name: str
    service: str | None
    short_id: str


@dataclass(frozen=True)
class Follower:
    """An incident that followed a change; `suspected`: the change is its top suspect."""

    tenant: str
    candidate_id: str
    short_id: str
    title: str
    severity: str
    state: str
    opened_at: int
    suspected: bool


@dataclass(frozen=True)
class SeenChange:
    """One change as published last, and what followed it."""

    tenant: str
    source_ref: str
    kind: str
    title: str
    target: str
    service: str | None
    environment: str | None
    before: str | None
    after: str | None
    actor: str | None
    status: str
    effective_at: int
    link: str | None
    verdict: str
    """Why it cannot be to blame; empty where it can."""
    followers: tuple[Follower, ...]


@dataclass(frozen=True)
class NoisyAlert:
    """One kind of alert: how many incidents it was part of, and how many alerts of it there were."""

    tenant: str
    service: str | None
    alert: str
    incidents: int
    alerts: int
    last_at: int


@dataclass(frozen=True)
class Suppressed:
    """What did not page anybody by itself, why, and how often."""

    what: str
    why: str
    count: int


@dataclass(frozen=True)
class Noise:
    """What pages most, most first, and what was suppressed."""

    alerts: tuple[NoisyAlert, ...]
    suppressed: tuple[Suppressed, ...]
    incidents: int


def everything(_: FromClause) -> ColumnElement[bool]:
    """Every row: what somebody at the machine itself may see."""
    return true()


def recorded_until(connection: Connection, within: Within = everything) -> int | None:
    """The last activity of any replayed incident: a replay's day ends there, not today. None without replays."""
    replayed = CANDIDATES.c.tenant.like(f"{REPLAY_PREFIX}%")
    query = select(func.max(CANDIDATES.c.last_activity_at)).where(within(CANDIDATES), replayed)
    return connection.execute(query).scalar()


def changes(
    connection: Connection, span: Span, within: Within = everything, words: str = ""
) -> list[SeenChange]:
    """Every change that took effect in the span, latest first, at most 500, each with what followed it."""
    fitting = (span.covers(CHANGES, "effective_at"), within(CHANGES), *_says(words))
    latest_first = (desc(CHANGES.c.effective_at), CHANGES.c.change_id)
    rows = connection.execute(select(CHANGES).where(*fitting).order_by(*latest_first).limit(_MOST)).all()
    followed = _followers(connection, span, within)
    # Start and end of one change are two rows under one name: the later one tells what became of it.
    latest = {(row.tenant, row.source_ref): row for row in reversed(rows)}
    kept = sorted(latest.values(), key=lambda row: (-row.effective_at, row.change_id))
    return [_seen(row, followed.get((row.tenant, row.source_ref), {})) for row in kept]


def noise(connection: Connection, span: Span, within: Within = everything) -> Noise:
    """What paged in the span, and what did not."""
    ours = and_(span.covers(CANDIDATES, "opened_at"), within(CANDIDATES))
    own = select(func.count()).select_from(CANDIDATES).where(ours, CANDIDATES.c.state != "merged")
    suppressed = (
        *_joined(connection, ours),
        *_counted(connection, ours),
        *_refused(connection, span, within),
    )
    return Noise(_noisy(connection, span, within), suppressed, connection.execute(own).scalar_one())


def _says(words: str) -> list[ColumnElement[bool]]:
    columns = [CHANGES.c[name] for name in _SAID]
    return [or_(*(c.icontains(word, autoescape=True) for c in columns)) for word in words.split()[:8]]


def _followers(
    connection: Connection, span: Span, within: Within
) -> dict[tuple[str, str], dict[str, Follower]]:
    view = CHANGES_FOLLOWED
    query = select(view).where(span.covers(view, "effective_at"), within(view)).order_by(view.c.opened_at)
    found: dict[tuple[str, str], dict[str, Follower]] = {}
    names = Follower.__dataclass_fields__
    for row in connection.execute(query.limit(_MOST * 10)):
        values: dict[str, Any] = row._asdict()
        follower = Follower(**{name: values[name] for name in names} | {"suspected": bool(row.suspected)})
        found.setdefault((row.tenant, row.source_ref), {})[row.candidate_id] = follower
    return found


def _seen(row: Any, followers: dict[str, Follower]) -> SeenChange:  # noqa: ANN401 - a row of the table
    values = row._asdict()
    names = set(SeenChange.__dataclass_fields__) - {"followers"}
    return SeenChange(**{name: values[name] for name in names}, followers=tuple(followers.values()))


def _noisy(connection: Connection, span: Span, within: Within) -> tuple[NoisyAlert, ...]:
    view = INCIDENT_ALERTS
    incidents = func.count().label("incidents")
    query = (
        select(
            view.c.tenant,
            view.c.service,
            view.c.alert,
            incidents,
            func.sum(view.c.alerts).label("alerts"),
            func.max(view.c.last_at).label("last_at"),
        )
        .where(span.covers(view, "opened_at"), within(view))
        .group_by(view.c.tenant, view.c.service, view.c.alert)
        .order_by(desc(incidents), desc("alerts"), view.c.service, view.c.alert)
    )
    rows = connection.execute(query.limit(50))
    return tuple(
        NoisyAlert(row.tenant, row.service, row.alert, row.incidents, int(row.alerts), row.last_at)
        for row in rows
    )


def other_sources(connection: Connection, candidate: Candidate) -> list[OtherSource]:
    """What explains the alerts that a candidate was split off from, as far as an incident holds that alert."""
    found = []
    for member in candidate.members:
        if member.rule != "split" or member.linked_to is None:
            continue
        apart = func.abs(MEMBERS.c.starts_at - member.starts_at)
        same = and_(
            MEMBERS.c.tenant == CANDIDATES.c.tenant, MEMBERS.c.candidate_id == CANDIDATES.c.candidate_id
        )
        query = (
            select(MEMBERS.c.fingerprint, MEMBERS.c.name, MEMBERS.c.service, CANDIDATES.c.short_id)
            .join_from(MEMBERS, CANDIDATES, same)
            .where(MEMBERS.c.tenant == candidate.tenant, MEMBERS.c.fingerprint == member.linked_to)
            .where(MEMBERS.c.candidate_id != candidate.candidate_id, CANDIDATES.c.state != "merged")
            .order_by(apart, MEMBERS.c.candidate_id)
        )
        found += [OtherSource(*row) for row in connection.execute(query.limit(1))]
    return found


def _joined(connection: Connection, ours: ColumnElement[bool]) -> list[Suppressed]:
    """Alerts that joined an incident instead of opening one, by the rule that joined them."""
    same = and_(MEMBERS.c.tenant == CANDIDATES.c.tenant, MEMBERS.c.candidate_id == CANDIDATES.c.candidate_id)
    query = (
        select(MEMBERS.c.rule, func.count())
        .join_from(CANDIDATES, MEMBERS, same)
        .where(ours, CANDIDATES.c.state != "merged", MEMBERS.c.rule.not_in(_BEGAN))
        .group_by(MEMBERS.c.rule)
        .order_by(desc(func.count()))
    )
    return [
        Suppressed("alerts that joined an incident", RULES.get(rule, rule), count)
        for rule, count in connection.execute(query)
    ]


def _counted(connection: Connection, ours: ColumnElement[bool]) -> list[Suppressed]:
    repeats = select(func.coalesce(func.sum(CANDIDATES.c.repeats), 0)).where(
        ours, CANDIDATES.c.state != "merged"
    )
    merged = select(func.count()).select_from(CANDIDATES).where(ours, CANDIDATES.c.state == "merged")
    counts = (
        Suppressed(
            "notifications folded",
            "the same alert was notified again while it was known",
            int(connection.execute(repeats).scalar_one()),
        ),
        Suppressed(
            "candidates merged",
            "what looked like two incidents was one",
            connection.execute(merged).scalar_one(),
        ),
    )
    return [one for one in counts if one.count]


def _refused(connection: Connection, span: Span, within: Within) -> list[Suppressed]:
    """Deliveries that could not be understood, by reason; they are kept as dead letters."""
    query = (
        select(DEAD_LETTERS.c.reason, func.count())
        .where(span.covers(DEAD_LETTERS, "received_at"), within(DEAD_LETTERS))
        .group_by(DEAD_LETTERS.c.reason)
        .order_by(desc(func.count()))
    )
    return [
        Suppressed("deliveries refused", f"not understood: {reason}", count)
        for reason, count in connection.execute(query.limit(20))
    ]
