"""Owns which address leads where, and what browsers may keep. Starts and stops nothing but the look for news."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sinks.page.around import changes_page, noise_page
from sinks.page.bounds import Guarded
from sinks.page.counted import Counted
from sinks.page.desk import Desk, Endpoint, guarded
from sinks.page.doctor import doctor_page
from sinks.page.export import postmortem_file
from sinks.page.incidents import evidence_page, incident_page, incident_stream, list_page, list_stream
from sinks.page.login import login, login_form, logout
from sinks.page.tell import tell
from sinks.page.words import STATIC
from sinks.tables import CANDIDATES

_PAGES = {
    "/": list_page,
    "/stream": list_stream,
    "/incidents/{name}": incident_page,
    "/incidents/{name}/stream": incident_stream,
    "/incidents/{name}/postmortem.md": postmortem_file,
    "/incidents/{name}/evidence/{evidence_id}": evidence_page,
    "/changes": changes_page,
    "/noise": noise_page,
    "/doctor": doctor_page,
}


def page_app(desk: Desk) -> Starlette:
    """The HTTP application."""
    routes: list[BaseRoute] = [
        *(Route(path, guarded(desk, handler), methods=["GET"]) for path, handler in _PAGES.items()),
        Route("/incidents/{name}/feedback", guarded(desk, tell), methods=["POST"]),
        Route("/login", login_form(desk), methods=["GET"]),
        Route("/login", login(desk), methods=["POST"]),
        Route("/logout", logout(desk), methods=["POST"]),
        Route("/healthz", _health(desk), methods=["GET"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]

    async def missing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return desk.problem(request, status, "There is no such page", f"Nothing is at {request.url.path}.")

    @contextlib.asynccontextmanager
    async def watching(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(desk.watch.run())
        yield
        task.cancel()

    return Starlette(
        routes=routes,
        middleware=[Middleware(Counted), Middleware(Guarded)],
        exception_handlers={HTTPException: missing},
        lifespan=watching,
    )


def _health(desk: Desk) -> Endpoint:
    async def answer(_: Request) -> Response:
        """GET /healthz: 200 while the tables can be read and views can be put on record; else 503."""
        if desk.trail.durable.broken:
            return PlainTextResponse("no audit entry can be written\n", 503)
        try:
            await desk.ask(
                lambda connection: connection.execute(select(CANDIDATES.c.revision).limit(1)).first()
            )
        except SQLAlchemyError:
            return PlainTextResponse("the tables cannot be read\n", 503)
        return PlainTextResponse("ready\n")

    return answer
