"""Owns taking in a request: its headers, and its body, all of it within the limit, its beginning and hash beyond.

May not: parse it. Goes to: the gateway.
"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Final

from starlette.requests import Request

from schemas.settings import GatewaySettings
from sources.letters import MAX_ORIGINAL, Raw
from sources.tenancy import Denied
from wire.listening import WHOLE
from wire.meters import hit

_HASHED_BEYOND: Final = 16
"""Limits' worth of bytes that are still hashed; a body that goes on is left there."""


def headers_of(request: Request) -> dict[str, str]:
    """Its headers by their names in lower case; of several by one name the first."""
    return {
        name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(request.scope["headers"])
    }


async def body_of(request: Request, settings: GatewaySettings) -> bytes | Raw:
    """The body, as `read_body` gives it. Raises Denied (408) when its sender is too slow."""
    if WHOLE in request.scope:
        body = await read_body(request.stream(), settings.max_body_bytes)
    else:
        body = await _in_time(request.stream(), settings)
    if isinstance(body, Raw):
        hit("delivery_bytes")
    return body


async def _in_time(chunks: AsyncIterator[bytes], settings: GatewaySettings) -> bytes | Raw:
    try:
        async with asyncio.timeout(settings.slow_s):
            return await read_body(chunks, settings.max_body_bytes)
    except TimeoutError as slow:
        hit("delivery_seconds")
        detail = f"the body did not come within {settings.slow_s:g} s: send it again"
        raise Denied(408, "too_slow", detail) from slow


async def read_body(chunks: AsyncIterator[bytes], limit: int) -> bytes | Raw:
    """The whole body; or, when it is larger than `limit` bytes, what a dead letter keeps of it."""
    kept: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        kept.append(chunk)
        if size > limit:
            return await _beyond(b"".join(kept), chunks, limit)
    return b"".join(kept)


async def _beyond(begun: bytes, chunks: AsyncIterator[bytes], limit: int) -> Raw:
    """What is kept of a body that is too large already, and goes on."""
    head, hashed, size = begun[:MAX_ORIGINAL], sha256(begun), len(begun)
    while size <= limit * _HASHED_BEYOND and (chunk := await anext(chunks, None)) is not None:
        size += len(chunk)
        hashed.update(chunk)
        head += chunk[: MAX_ORIGINAL - len(head)]
    return Raw(head, hashed.hexdigest(), size)


def raw_of(body: bytes) -> Raw:
    """What a dead letter keeps of a body that could not be parsed."""
    return Raw(body[:MAX_ORIGINAL], sha256(body).hexdigest(), len(body))


def unread(raw: Raw) -> Raw:
    """Hash and size alone: what somebody sent whom nobody has vouched for is not kept."""
    return Raw(b"", raw.sha256, raw.size)
