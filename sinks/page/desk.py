"""Owns what every page shares: the tables, the templates, the way from a request to its answer.

May not: know what a page shows. Every problem has a page of its own that says what to do; what may not be shown
without its audit entry is not shown. Goes to: the handlers.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from jinja2 import Environment
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from schemas.metrics import LimitName
from schemas.page_settings import PageSettings
from schemas.settings import Settings
from sinks.database import told
from sinks.page.access import NotAllowed, NotLoggedIn, Reader, reader_of
from sinks.page.bounds import Pace
from sinks.page.kept import Kept
from sinks.page.live import Watch
from sinks.page.trail import Trail
from sinks.page.words import query
from sinks.queries import NotFound
from streams.readiness import Readiness
from wire.errors import KafkaProblem
from wire.meters import hit

T = TypeVar("T")
PARALLEL: Final = 16
"""Requests that may be at the database at once; others wait their turn."""


@dataclass(frozen=True)
class Desk:
    """What all requests share."""

    settings: PageSettings
    engine: Engine
    trail: Trail
    words: Environment
    watch: Watch
    pace: Pace
    turns: asyncio.Semaphore
    declared: Settings
    """Which tenants there are, and how they name environments."""
    readiness: Kept[Readiness] = field(default_factory=Kept)
    """By tenant."""
    scores: Kept[list[tuple[int, int]]] = field(default_factory=Kept)
    """Moments and scores of the last days by tenant, since counting them takes a second where there is much."""

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """What the tables answer, asked beside the loop. Raises SQLAlchemyError and what `question` raises."""
        async with self.turns:
            return await asyncio.to_thread(self._asked, question)

    def _asked(self, question: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            return question(connection)

    def page(self, template: str, request: Request, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
        """A template with its values as the answer."""
        return HTMLResponse(self.text(template, request, **values), status)

    def text(self, template: str, request: Request, **values: Any) -> str:  # noqa: ANN401
        """A template with its values."""
        common = {"reader": getattr(request.state, "reader", None), "path": request.url.path}
        return self.words.get_template(template).render(**common, **values)

    def problem(
        self, request: Request, status: int, title: str, *lines: str, after_s: int = 0, back: str = ""
    ) -> Response:
        """A page that says what is wrong and what to do; `after_s`: when to come again, `back`: to which incident."""
        values = {"title": title, "lines": lines, "again": bool(after_s), "back": back}
        answer = self.page("problem.html", request, status, **values)
        if after_s:
            answer.headers["retry-after"] = str(after_s)
        return answer


Handler = Callable[[Desk, Reader, Request], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def cookie_name(request: Request) -> str:
    """The cookie that holds a token; each port has its own, since browsers share cookies between ports."""
    return f"incidents-{request.url.port or 0}"


def guarded(desk: Desk, handler: Handler) -> Endpoint:
    """The handler for readers only, each at a bounded pace, every way to fail answered by a page."""

    async def answer(request: Request) -> Response:
        try:
            reader = _reader(desk, request)
        except NotLoggedIn:
            return _to_login(desk, request)
        except NotAllowed as refused:
            return desk.problem(request, 403, "You may see nothing here", str(refused))
        request.state.reader = reader
        if not desk.pace.allows(f"reader {reader.actor}"):
            return too_many(desk, request, "reader_requests")
        return await _answered(desk, handler, reader, request)

    return answer


def too_many(desk: Desk, request: Request, limit: LimitName) -> Response:
    """429, and when to come again; counted under the name of the bound."""
    hit(limit)
    return desk.problem(
        request, 429, "Too many requests", "This page slows down who asks too often.", after_s=2
    )


def not_found(desk: Desk, request: Request, missing: NotFound, *lines: str, back: str = "") -> Response:
    """404 and what there is instead, then the lines; `back`: to which incident."""
    return desk.problem(request, 404, "Not found", _capital(missing.plain), *lines, back=back)


def peer(request: Request) -> str:
    """The address of the connection."""
    return request.client.host if request.client else ""


async def _answered(desk: Desk, handler: Handler, reader: Reader, request: Request) -> Response:
    try:
        return await handler(desk, reader, request)
    except NotFound as missing:
        search = "Search the list by a service, a team, or a part of the name."
        return not_found(desk, request, missing, search)
    except SQLAlchemyError as problem:
        return desk.problem(request, 503, "The tables cannot be read", told(desk.engine, problem), after_s=3)
    except KafkaProblem as problem:
        return desk.problem(
            request,
            503,
            "This view cannot be put on record",
            "Every look at a packet or at evidence is audited before it is shown. The audit log does not answer, "
            "so nothing is shown.",
            f"{problem}. Meanwhile on the machine itself: incidents show.",
            after_s=3,
        )


def _reader(desk: Desk, request: Request) -> Reader:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(cookie_name(request))
    return reader_of(peer(request), request.headers, token, desk.settings)


def _to_login(desk: Desk, request: Request) -> Response:
    if not desk.pace.allows(f"address {peer(request)}"):
        return too_many(desk, request, "reader_requests")
    wants_page = "text/html" in request.headers.get("accept", "") and request.method in {"GET", "HEAD"}
    if not wants_page:
        return desk.problem(
            request, 401, "Log in first", "Open /login, or send Authorization: Bearer <token>."
        )
    asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return RedirectResponse(f"/login{query([('next', asked if asked != '/' else '')])}", 303)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
