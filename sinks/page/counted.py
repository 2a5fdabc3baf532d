"""Owns counting the page's requests: which page, which answer, how long until its first byte.

May not: know what is shown. Goes to: `wire.meters`.
"""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.metrics import PAGE_REQUESTS, PAGE_SECONDS
from wire.meters import count, measure

_PAGES: Final = frozenset(
    {"incidents", "stream", "changes", "noise", "doctor", "login", "logout", "healthz", "static"}
)


class Counted:
    """Counts each request once its answer begins. Names of pages are a few of ours, whatever is asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                page = page_of(scope["path"])
                count(PAGE_REQUESTS, 1, page, str(message["status"]))
                measure(PAGE_SECONDS, time.perf_counter() - began, page)
            await send(message)

        await self._app(scope, receive, counted if scope["type"] == "http" else send)


def page_of(path: str) -> str:
    """The first part of an address: `list` for the first page, `other` for what is no page of ours."""
    first = path.strip("/").partition("/")[0]
    if not first:
        return "list"
    return first if first in _PAGES else "other"
