"""Owns how the page of readiness comes by what it shows of a tenant: how ready it is, and its score by day.

How ready it is one waits for; the score of the days before is counted afterwards, beside the loop, and is shown once
it is there. May not: judge; `streams.readiness` does. Goes to: the page of readiness.
"""

import asyncio
from typing import Final

from sqlalchemy import Connection

from schemas.settings import TenantSettings, is_replay
from schemas.times import DAY
from sinks.page.desk import Desk
from sinks.readiness import facts_of
from sinks.surroundings import recorded_until
from streams.readiness import Facts, Readiness, history, judge

WINDOW_DAYS: Final = 30
PAST_DAYS: Final = 14


async def readiness_of(desk: Desk, tenant: TenantSettings) -> Readiness:
    """How ready a tenant is, at most a minute old or with its age told; else it is made."""

    async def make() -> Readiness:
        now = desk.trail.clock()
        facts, until = await desk.ask(lambda connection: facts_until(connection, tenant, now))
        found = await asyncio.to_thread(judge, facts, until, WINDOW_DAYS)
        desk.scores.renew(
            tenant.name, lambda: asyncio.to_thread(history, facts, until, WINDOW_DAYS, PAST_DAYS)
        )
        return found

    return await desk.readiness.get(tenant.name, make)


def facts_until(connection: Connection, tenant: TenantSettings, now: int) -> tuple[Facts, int]:
    """What is judged by, and until when: now, of a replay the end of what was recorded."""
    recorded = recorded_until(connection, lambda table: table.c.tenant == tenant.name)
    until = (recorded if is_replay(tenant.name) else None) or now
    return facts_of(connection, tenant, until - (WINDOW_DAYS + PAST_DAYS) * DAY, until), until
