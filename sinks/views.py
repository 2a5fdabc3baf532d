"""Owns the SQL views: what dashboards, the page and the terminal ask the tables for, said once.

May not: hold a row of their own. Goes to: `sinks.schema`, which creates them beside the tables, `sinks.surroundings`,
and whoever asks the database. Times are microseconds since 1970 UTC.
"""

from typing import Any, Final

from sqlalchemy import (
    Connection,
    Select,
    String,
    TableClause,
    and_,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from schemas.times import MINUTE
from sinks.measures import DASHBOARD_VIEWS
from sinks.tables import AUDIT, CANDIDATES, CHANGES, MEMBERS

_AHEAD: Final = MINUTE
_BACK: Final = 120 * MINUTE
"""An incident follows a change that took effect so long before its onset; or after it, since senders' clocks differ."""
_DIALECTS: Final = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


def _incident_alerts() -> Select[Any]:
    """A row for each kind of alert on each service of each incident."""
    ours = and_(MEMBERS.c.tenant == CANDIDATES.c.tenant, MEMBERS.c.candidate_id == CANDIDATES.c.candidate_id)
    kind = (CANDIDATES.c.tenant, CANDIDATES.c.candidate_id, CANDIDATES.c.owner, CANDIDATES.c.opened_at)
    return (
        select(
            *kind,
            MEMBERS.c.service,
            MEMBERS.c.name.label("alert"),
            func.count().label("alerts"),
            func.max(MEMBERS.c.starts_at).label("last_at"),
        )
        .join_from(CANDIDATES, MEMBERS, ours)
        .where(CANDIDATES.c.state != "merged")
        .group_by(*kind, MEMBERS.c.service, MEMBERS.c.name)
    )


def _changes_followed() -> Select[Any]:
    """A row for each incident that followed a change: that suspects it most, or that alerts on the change's service."""
    candidate = CANDIDATES
    suspected = candidate.c.top_suspect == CHANGES.c.source_ref
    environment = or_(
        CHANGES.c.environment.is_(None),
        candidate.c.environment.startswith(CHANGES.c.environment, autoescape=False),
    )
    on_it = exists().where(
        MEMBERS.c.tenant == candidate.c.tenant,
        MEMBERS.c.candidate_id == candidate.c.candidate_id,
        or_(
            MEMBERS.c.service == CHANGES.c.service,
            literal("service/", String).concat(MEMBERS.c.service) == CHANGES.c.target,
        ),
    )
    soon = and_(
        candidate.c.tenant == CHANGES.c.tenant,
        candidate.c.opened_at >= CHANGES.c.effective_at - _AHEAD,
        candidate.c.opened_at <= CHANGES.c.effective_at + _BACK,
        candidate.c.state != "merged",
    )
    shown = (candidate.c.candidate_id, candidate.c.short_id, candidate.c.title, candidate.c.severity)
    return (
        select(
            CHANGES.c.tenant,
            CHANGES.c.change_id,
            CHANGES.c.source_ref,
            CHANGES.c.effective_at,
            *shown,
            candidate.c.state,
            candidate.c.owner,
            candidate.c.opened_at,
            func.coalesce(suspected, text("false")).label("suspected"),
        )
        .join_from(CHANGES, candidate, soon)
        .where(or_(suspected, and_(CHANGES.c.suspectable, environment, on_it)))
    )


def _packet_views() -> Select[Any]:
    """A row for each person who has looked at an incident's packet or evidence: how often, first and last."""
    return (
        select(
            AUDIT.c.tenant,
            AUDIT.c.subject.label("candidate_id"),
            AUDIT.c.actor.label("reader"),
            func.count().label("views"),
            func.min(AUDIT.c.at).label("first_at"),
            func.max(AUDIT.c.at).label("last_at"),
        )
        .where(AUDIT.c.decision == text("'viewed'"))
        .group_by(AUDIT.c.tenant, AUDIT.c.subject, AUDIT.c.actor)
    )


_QUERIES: Final = {
    "incident_alerts": _incident_alerts(),
    "changes_followed": _changes_followed(),
    "packet_views": _packet_views(),
}
VIEWS: Final = (*_QUERIES, *DASHBOARD_VIEWS)
"""The names of all views, each after those that it asks."""


def _named(name: str) -> TableClause:
    return table(name, *(column(each.name, each.type) for each in _QUERIES[name].selected_columns))


INCIDENT_ALERTS: Final = _named("incident_alerts")
CHANGES_FOLLOWED: Final = _named("changes_followed")
PACKET_VIEWS: Final = _named("packet_views")


def create_views(connection: Connection) -> None:
    """Make every view as it is said here; the rows are those of the tables."""
    # With named parameters no sign of the text has a second meaning.
    dialect = _DIALECTS[connection.dialect.name](paramstyle="named")
    for name, query in _QUERIES.items():
        said = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        connection.execute(text(f"CREATE VIEW {name} AS {said}"))
    for name, view in DASHBOARD_VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {view.sql}".replace("%", _percent(connection)))


def drop_views(connection: Connection) -> None:
    """Take away every view, those that rest on others first, so that tables can be changed."""
    for name in reversed(VIEWS):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def _percent(connection: Connection) -> str:
    """How a driver that looks for parameters is told of a percent sign."""
    return "%%" if connection.dialect.name == "postgresql" else "%"
