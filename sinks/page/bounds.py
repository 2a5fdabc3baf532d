"""Owns the bounds of one client: how often it may ask, what its browser may run.

May not: know what is asked for. Goes to: the application and its server.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
