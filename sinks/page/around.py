"""Owns the pages around incidents: the changes of a day and what followed them, and the noise."""

from typing import Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from schemas.times import HOUR
from sinks.page.access import Reader
from sinks.page.desk import Desk
from sinks.surroundings import SeenChange, Span, changes, noise, recorded_until

_DAY_H: Final = 24
_MOST_H: Final = 31 * _DAY_H
_LONGEST: Final = 200


async def changes_page(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /changes: every change of the last day, and what followed it."""
    hours, words = _number(request, "hours", _DAY_H, _MOST_H), request.query_params.get("q", "")[:_LONGEST]

    def ask(connection: Connection) -> tuple[Span, list[SeenChange]]:
        span = _span(desk, connection, reader, request, hours)
        return span, changes(connection, span, reader.within, words)

    span, found = await desk.ask(ask)
    return desk.page("changes.html", request, span=span, changes=found, hours=hours, words=words)


async def noise_page(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /noise: what pages most, what was suppressed, and why."""
    days = _number(request, "days", 7, _MOST_H // _DAY_H)

    def ask(connection: Connection) -> Response:
        span = _span(desk, connection, reader, request, days * _DAY_H)
        found = noise(connection, span, reader.within)
        return desk.page("noise.html", request, span=span, noise=found, days=days)

    return await desk.ask(ask)


def _span(desk: Desk, connection: Connection, reader: Reader, request: Request, hours: int) -> Span:
    """The last hours; of replays those before the end of what was recorded."""
    replays = request.query_params.get("replays") == "1"
    now = desk.trail.clock()
    until = (recorded_until(connection, reader.within) if replays else None) or now
    return Span(until - hours * HOUR, until, replays)


def _number(request: Request, name: str, usual: int, most: int) -> int:
    said = request.query_params.get(name, "")
    return min(max(int(said), 1), most) if said.isdecimal() and len(said) < len(str(most)) + 2 else usual
