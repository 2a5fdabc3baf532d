"""Owns the page of readiness: what each service publishes, what is missing, how to mend it, and the score over time.

May not: judge. Who may see some teams alone is shown their services alone, and a score over those.
"""

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from schemas.settings import TenantSettings, is_replay
from sinks.page.access import Reader
from sinks.page.desk import Desk
from sinks.page.judged import readiness_of
from sinks.queries import NotFound
from streams.readiness import of_teams

_BAR, _HIGH = 14, 40
_LONGEST: Final = 200


_SHOWN: Final = 100
"""Services on a page; the others are found by name, or asked for."""


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

    found = await readiness_of(desk, tenant)
    teams = reader.teams_in(tenant.name)
    if teams:
        found = of_teams(found, teams)
    scores = [] if teams else desk.scores.at_hand(tenant.name)
    named = [one for one in found.services if words.lower() in one.service.lower()]
    return desk.page(
        "doctor.html",
        request,
        found=found,
        services=named if "all" in request.query_params else named[:_SHOWN],
        number=len(named),
        bars=None if scores is None else _bars(scores),
        limited=bool(teams),
        words=words,
        age=0 if is_replay(tenant.name) else desk.trail.clock() - found.at,
    )


def _tenant(desk: Desk, reader: Reader, name: str) -> TenantSettings:
    """The tenant that is asked for, else the first that they may see. Raises NotFound for any other."""
    asked = [desk.declared.tenant(name)] if name else list(desk.declared.tenants)
    for tenant in asked:
        if tenant is not None and reader.teams_in(tenant.name) is not None:
            return tenant
    raise NotFound(f"there is no tenant {name}" if name else "there is no tenant that you may see")


def _bars(scores: list[tuple[int, int]]) -> list[Bar]:
    return [
        Bar(number * _BAR, _HIGH - score * _HIGH / 100, score * _HIGH / 100, score, at)
        for number, (at, score) in enumerate(scores)
    ]
