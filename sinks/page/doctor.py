"""Owns the page of readiness: what each service publishes, what is missing, how to mend it, and the score over time.

May not: judge. Who may see some teams alone is shown their services alone, and a score over those.
"""

from typing import Final, NamedTuple

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from schemas.settings import TenantSettings, is_replay
from schemas.times import DAY
from sinks.page.access import Reader
from sinks.page.desk import Desk
from sinks.queries import NotFound
from sinks.readiness import facts_of
from sinks.surroundings import recorded_until
from streams.readiness import history, judge, of_teams

_WINDOW_DAYS: Final = 30
_PAST_DAYS: Final = 14
_BAR, _HIGH = 14, 40
_LONGEST: Final = 200


class Bar(NamedTuple):
    """One day of the score over time, as a bar in a picture of 14 by 40 a day."""

    x: int
    y: float
    height: float
    score: int
    at: int


async def doctor_page(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /doctor: every service of a tenant, the least ready first."""
    tenant = _tenant(desk, reader, request.query_params.get("tenant", ""))
    words = request.query_params.get("q", "")[:_LONGEST].strip()

    def judged(connection: Connection) -> Response:
        until = _until(connection, tenant) or desk.trail.clock()
        facts = facts_of(connection, tenant, until - (_WINDOW_DAYS + _PAST_DAYS) * DAY, until)
        teams = reader.teams_in(tenant.name)
        found = judge(facts, until, _WINDOW_DAYS)
        bars = [] if teams else _bars(history(facts, until, _WINDOW_DAYS, _PAST_DAYS))
        found = of_teams(found, teams) if teams else found
        shown = [one for one in found.services if words.lower() in one.service.lower()]
        return desk.page(
            "doctor.html", request, found=found, services=shown, bars=bars, limited=bool(teams), words=words
        )

    return await desk.ask(judged)


def _tenant(desk: Desk, reader: Reader, name: str) -> TenantSettings:
    """The tenant that is asked for, else the first that they may see. Raises NotFound for any other."""
    asked = [desk.declared.tenant(name)] if name else list(desk.declared.tenants)
    for tenant in asked:
        if tenant is not None and reader.teams_in(tenant.name) is not None:
            return tenant
    raise NotFound(f"there is no tenant {name}" if name else "there is no tenant that you may see")


def _until(connection: Connection, tenant: TenantSettings) -> int | None:
    """Of a replay the end of what was recorded."""
    if not is_replay(tenant.name):
        return None
    return recorded_until(connection, lambda table: table.c.tenant == tenant.name)


def _bars(scores: list[tuple[int, int]]) -> list[Bar]:
    return [
        Bar(number * _BAR, _HIGH - score * _HIGH / 100, score * _HIGH / 100, score, at)
        for number, (at, score) in enumerate(scores)
    ]
