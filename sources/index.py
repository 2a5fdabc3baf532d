"""Owns the gateway's own index: what can be sent, where to, and how it is read.

Goes to: the gateway's `GET /v1`.
"""

from starlette.requests import Request
from starlette.responses import Response

from sources.answers import answer
from sources.catalogue import FORMATS
from sources.signatures import header_of


async def formats(_: Request) -> Response:
    """GET /v1: what can be sent, and how."""
    shown = [
        {
            "post": f"/v1/{entry.route}",
            "format": entry.title,
            "topics": entry.topics,
            "event_time": entry.event_time,
            "notification_time": entry.notification_time,
            "sender": entry.sender,
            "signature": header_of(entry.route),
        }
        for entry in FORMATS.values()
    ]
    return answer(200, shown)
