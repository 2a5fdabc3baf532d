"""Owns what the page of readiness keeps of a tenant, and how it is made from the tables.

May not: judge; `streams.readiness` does. Goes to: `sinks.page.kept`, and from there to the page.
"""

from typing import Final, NamedTuple

from sqlalchemy import Connection

from schemas.settings import TenantSettings, is_replay
from schemas.times import DAY
from sinks.readiness import facts_of
from sinks.surroundings import recorded_until
from streams.readiness import Readiness, history, judge

WINDOW_DAYS: Final = 30
PAST_DAYS: Final = 14


class Judged(NamedTuple):
    """How ready a tenant is, and its score at the end of each of the last days, oldest first."""

    found: Readiness
    scores: list[tuple[int, int]]


def judged(connection: Connection, tenant: TenantSettings, now: int) -> Judged:
    """As of now, of a replay as of the end of what was recorded; `now` in microseconds since 1970."""
    until = _until(connection, tenant) or now
    facts = facts_of(connection, tenant, until - (WINDOW_DAYS + PAST_DAYS) * DAY, until)
    scores = history(facts, until, WINDOW_DAYS, PAST_DAYS)
    return Judged(judge(facts, until, WINDOW_DAYS), scores)


def _until(connection: Connection, tenant: TenantSettings) -> int | None:
    if not is_replay(tenant.name):
        return None
    return recorded_until(connection, lambda table: table.c.tenant == tenant.name)
