"""Owns the bounds of one client: how often it may ask, how long it may take, what its browser may run.

May not: know what is asked for. Goes to: the application and its server.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_BURST_S: Final = 6.0
"""How many seconds' worth of requests may come at once."""
_REMEMBERED: Final = 10_000
"""Clients whose pace is remembered; the one that was quiet longest is forgotten."""
_HEADERS: Final = {
    # Nothing but our own files runs or is loaded, and nobody puts the page into a frame of theirs.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(slots=True)
class Pace:
    """How many requests each client has left; `per_s` come back every second."""

    per_s: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, client: str) -> bool:
        """Whether one more request may pass; it is counted."""
        now, most = time.monotonic(), self.per_s * _BURST_S
        left, at = self._left.pop(client, (most, now))
        left = min(most, left + (now - at) * self.per_s)
        allowed = left >= 1
        self._left[client] = (left - allowed, now)
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        return allowed


class Guarded:
    """Adds the headers that tell browsers what they may do; private pages are kept nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


class Impatient(HttpToolsProtocol):
    """A connection that is cut when its client sends its headers, or takes what it asked for, too slowly."""

    slow_s: ClassVar[float] = 10.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn's own type
        """A client has come: it has so long for its first request."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """The client has said what it wants."""
        self._done()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client does not take what is there for it."""
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        """It has taken some."""
        self._done()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was cut."""
        self._done()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._done()
        self._waiting = self.loop.call_later(self.slow_s, self.transport.abort)

    def _done(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
