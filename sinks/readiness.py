"""Owns reading from the tables what readiness is judged by: the catalog's versions, alerts and changes by day.

May not: write, judge. Goes to: `streams.readiness`, for the command `doctor` and the page.
"""

from collections.abc import Iterator
from typing import Any, Final, get_args

import orjson
from sqlalchemy import Connection, case, func, literal_column, null, select

from schemas.events import ChangeKind, EntityFacts
from schemas.settings import TenantSettings
from schemas.times import DAY
from sinks.catalog_table import CATALOG_ENTRIES
from sinks.tables import CANDIDATES, CHANGES, DEAD_LETTERS, MEMBERS
from streams.readiness import Facts, Version
from streams.survey import Seen

_KINDS: Final = frozenset(get_args(ChangeKind))
_UNPLACED: Final = '%"unknowns":[%"no_environment"%'
"""In the body of a candidate whose alerts named none: its codes of what is not known are the last list in it."""


def facts_of(connection: Connection, tenant: TenantSettings, since: int, until: int) -> Facts:
    """What the tables hold of a tenant between two moments, and its catalog from the beginning."""
    return Facts(
        tenant=tenant.name,
        entries=tuple(_entries(connection, tenant.name)),
        seen=(
            *_changes(connection, tenant, since, until),
            *_alerts(connection, tenant.name, since, until),
        ),
        refused=_refused(connection, tenant.name, since, until),
    )


def _entries(connection: Connection, tenant: str) -> Iterator[Version]:
    table = CATALOG_ENTRIES
    query = select(table.c.since, table.c.body).where(table.c.tenant == tenant)
    for row in connection.execute(query.order_by(table.c.since, table.c.entry_id)):
        yield Version(row.since, EntityFacts.model_validate_json(row.body))


def _changes(connection: Connection, tenant: TenantSettings, since: int, until: int) -> Iterator[Seen]:
    """What took effect and could be suspected; a build, a read or a failed deploy tracks nothing."""
    table = CHANGES
    said = [table.c[name] for name in ("kind", "service", "names", "target", "environment", "namespace")]
    query = (
        select(*said, _day(table.c.effective_at), func.count().label("times"))
        .where(table.c.tenant == tenant.name, table.c.effective_at > since, table.c.effective_at <= until)
        .where(table.c.status == "succeeded", table.c.suspectable)
        .group_by(*said, literal_column("day"))
    )
    for row in connection.execute(query):
        if row.kind in _KINDS:
            yield Seen(
                kind=row.kind,
                service=row.service,
                names=tuple(orjson.loads(row.names or "[]")),
                target=row.target,
                environment=_environment(row.environment, row.namespace, tenant),
                day=row.day,
                count=row.times,
            )


def _environment(environment: str | None, namespace: str | None, tenant: TenantSettings) -> str | None:
    """As the router understands it: the tenant's own word for it, else what the namespace stands for."""
    named = (environment or "").strip().lower()
    if named:
        return tenant.environments.get(named, named)
    return tenant.environments.get((namespace or "").lower())


def _alerts(connection: Connection, tenant: str, since: int, until: int) -> Iterator[Seen]:
    """The alerts of incidents; without an environment where it is said that they named none."""
    placed = case((CANDIDATES.c.body.like(_UNPLACED), null()), else_=CANDIDATES.c.environment).label("placed")
    whole = select(CANDIDATES.c.candidate_id, placed).where(
        CANDIDATES.c.tenant == tenant, CANDIDATES.c.state != "merged"
    )
    # Each body is searched once, not once for each alert.
    ours = whole.cte("ours").prefix_with("MATERIALIZED")
    query = (
        select(
            *(MEMBERS.c.service, MEMBERS.c.name, ours.c.placed, _day(MEMBERS.c.starts_at)),
            func.count().label("times"),
        )
        .join_from(ours, MEMBERS, MEMBERS.c.candidate_id == ours.c.candidate_id)
        .where(MEMBERS.c.tenant == tenant, MEMBERS.c.starts_at > since, MEMBERS.c.starts_at <= until)
        .group_by(MEMBERS.c.service, MEMBERS.c.name, ours.c.placed, literal_column("day"))
    )
    for row in connection.execute(query):
        yield Seen("alert", row.service, (), "", row.placed, row.day, row.times, alert=row.name)


def _refused(connection: Connection, tenant: str, since: int, until: int) -> dict[tuple[str, str], int]:
    """By source and reason; what we ourselves could not read belongs to no tenant."""
    table = DEAD_LETTERS
    query = (
        select(table.c.source, table.c.reason, func.count().label("times"))
        .where(table.c.tenant == tenant, table.c.received_at > since, table.c.received_at <= until)
        .group_by(table.c.source, table.c.reason)
    )
    return {(row.source, row.reason): row.times for row in connection.execute(query)}


def _day(column: Any) -> Any:  # noqa: ANN401 - an expression over any column of times
    """Days since 1970. The divisor stands in the statement itself, so that it is one expression throughout."""
    return (column.op("/")(literal_column(str(DAY)))).label("day")
