"""Owns finding candidates by what a person knows of them: words, service, team, severity, state.

May not: write, or read whole bodies for a list: ten thousand candidates are listed at once. Goes to: the page's list.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    desc,
    exists,
    func,
    or_,
    select,
    true,
)

from schemas.settings import REPLAY_PREFIX
from schemas.times import HOUR
from sinks.tables import CANDIDATES, CHANGES, MEMBERS, SINK_OFFSETS

_SHOWN: Final = tuple(
    CANDIDATES.c[name]
    for name in (
        *("tenant", "candidate_id", "short_id", "revision", "environment", "phase", "state", "title"),
        *("severity", "opened_at", "last_activity_at", "alerts", "repeats", "owner", "top_suspect"),
        "merged_into",
    )
)

_SUSPECTED: Final = 6 * HOUR
"""How far from the onset a suspected change took effect, at most, for a list to show its title."""


class Line(NamedTuple):
    """One candidate as a list shows it; times in microseconds since 1970."""

    tenant: str
    candidate_id: str
    short_id: str
    revision: int
    environment: str
    phase: str
    state: str
    title: str
    severity: str
    opened_at: int
    last_activity_at: int
    alerts: int
    repeats: int
    owner: str | None
    top_suspect: str | None
    merged_into: str | None
    suspect_title: str | None
    """What the top suspect is called; None where its change is not in the tables."""


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; what is left empty does not matter."""

    words: str = ""
    severity: str = ""
    state: str = ""
    owner: str = ""
    environment: str = ""
    service: str = ""
    tenant: str = ""
    replays: bool = False
    after: tuple[int, str] | None = None
    """Start and id of the last candidate of the page before."""
    limit: int = 50


@dataclass(frozen=True)
class Listed:
    """Candidates that fit, latest onset first; `total` counts all that fit, on every page."""

    lines: tuple[Line, ...]
    total: int
    more: bool


def listed(connection: Connection, wanted: Wanted, within: ColumnElement[bool] | None = None) -> Listed:
    """The candidates that fit and that are `within` the asker's rights."""
    fitting = and_(within if within is not None else true(), *_conditions(wanted))
    total = connection.execute(select(func.count()).select_from(CANDIDATES).where(fitting)).scalar_one()
    rows = connection.execute(_page(wanted, fitting)).all()
    lines = tuple(Line(*row) for row in rows[: wanted.limit])
    return Listed(lines, total, len(rows) > wanted.limit)


def known_values(connection: Connection, column: str, within: ColumnElement[bool]) -> list[str]:
    """What stands in a column (owner, environment, tenant) of the candidates within the asker's rights, sorted."""
    values = connection.execute(select(CANDIDATES.c[column]).where(within).distinct()).scalars()
    return sorted(value for value in values if value)


def progress_of(connection: Connection) -> tuple[int, ...]:
    """How far the sink has stored candidates and packets: it changes whenever a list or a packet may have."""
    stored = select(SINK_OFFSETS.c.next_offset).where(
        SINK_OFFSETS.c.topic.in_(["incident-candidates", "context-packets"])
    )
    order = stored.order_by(SINK_OFFSETS.c.topic, SINK_OFFSETS.c.partition)
    return tuple(connection.execute(order).scalars())


def _page(wanted: Wanted, fitting: ColumnElement[bool]) -> Select[Any]:
    query = select(*_SHOWN).where(fitting).limit(wanted.limit + 1).order_by(*_latest_first(CANDIDATES))
    if wanted.after is not None:
        at, identity = wanted.after
        later = and_(CANDIDATES.c.opened_at == at, CANDIDATES.c.candidate_id > identity)
        query = query.where(or_(CANDIDATES.c.opened_at < at, later))
    page = query.subquery()
    return select(page, _suspect_title(page)).order_by(*_latest_first(page))


def _latest_first(table: FromClause) -> tuple[ColumnElement[Any], ...]:
    return desc(table.c.opened_at), table.c.candidate_id


def _suspect_title(page: FromClause) -> ColumnElement[Any]:
    """Looked for among the changes around the onset, which an index finds."""
    around = CHANGES.c.effective_at.between(page.c.opened_at - _SUSPECTED, page.c.opened_at + _SUSPECTED)
    named = and_(CHANGES.c.tenant == page.c.tenant, around, CHANGES.c.source_ref == page.c.top_suspect)
    return select(CHANGES.c.title).where(named).order_by(CHANGES.c.change_id).limit(1).scalar_subquery()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = CANDIDATES
    exact = {
        "severity": wanted.severity,
        "owner": wanted.owner,
        "environment": wanted.environment,
        "tenant": wanted.tenant,
    }
    found: list[ColumnElement[bool]] = [table.c[name] == value for name, value in exact.items() if value]
    # What became part of another is shown only to whoever asks for just that.
    found.append(table.c.state == wanted.state if wanted.state else table.c.state != "merged")
    if not wanted.replays and not wanted.tenant.startswith(REPLAY_PREFIX):
        found.append(table.c.tenant.not_like(f"{REPLAY_PREFIX}%"))
    if wanted.service:
        found.append(_has_member(MEMBERS.c.service == wanted.service))
    return found + [_says(word) for word in wanted.words.split()[:8]]


def _says(word: str) -> ColumnElement[bool]:
    """The word stands in the candidate, or in one of its alerts; letters count in either case."""
    table = CANDIDATES
    own = (table.c.short_id, table.c.title, table.c.owner, table.c.top_suspect, table.c.candidate_id)
    said = [column.icontains(word, autoescape=True) for column in own]
    of_alerts = or_(
        MEMBERS.c.service.icontains(word, autoescape=True), MEMBERS.c.name.icontains(word, autoescape=True)
    )
    return or_(*said, _has_member(of_alerts))


def _has_member(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    ours = and_(MEMBERS.c.tenant == CANDIDATES.c.tenant, MEMBERS.c.candidate_id == CANDIDATES.c.candidate_id)
    return exists().where(ours, condition)
