"""Owns the trace of a delivery: a span from its first byte to its answer, carried by every record that it makes.

It stands around the gateway, which knows nothing of it, and only where the settings name a receiver. May not: touch
the delivery or the answer. Goes to: `sources.serving`.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.events import HEADER_TRACE
from wire.durable import Durable, Place
from wire.record import Outgoing
from wire.tracing import Span, Traces, carried

_IN_HAND: Final[ContextVar[Span | None]] = ContextVar("span", default=None)
_LONGEST_PATH: Final = 200


class CarryingDurable(Durable):
    """A producer whose records carry the trace of the request for which they are written."""

    async def publish(self, records: Sequence[Outgoing]) -> tuple[Place, ...]:
        """As its parent's."""
        header = carried(_IN_HAND.get())
        traced = [record._replace(headers=(*record.headers, *header)) for record in records]
        return await super().publish(traced)


def traced(app: ASGIApp, traces: Traces) -> ASGIApp:
    """The application, with a span around each delivery."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_delivery(scope):
            await app(scope, receive, send)
            return
        stated = Headers(scope=scope).get(HEADER_TRACE)
        span = traces.begin("gateway", stated.encode("latin-1") if stated else None, _facts(scope))
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        token = _IN_HAND.set(span)
        try:
            await app(scope, receive, answer)
        finally:
            _IN_HAND.reset(token)
            span.end({"http.response.status_code": status})

    return serve


def _is_delivery(scope: Scope) -> bool:
    """What a sender or a person sends in; the time that a replay tells is nothing to follow."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    return "/v1/" in scope["path"] and not scope["path"].endswith("/tick")


def _facts(scope: Scope) -> dict[str, str | int]:
    return {"http.request.method": "POST", "url.path": scope["path"][:_LONGEST_PATH]}
