"""Owns taking in the body of a request: all of it within the limit, its beginning and hash beyond.

May not: parse it. Goes to: the gateway.
"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Final

from schemas.settings import GatewaySettings
from sources.letters import MAX_ORIGINAL, Raw
from sources.tenancy import Denied
from wire.meters import hit

_HASHED_BEYOND: Final = 16
"""Limits' worth of bytes that are still hashed; a body that goes on is left there."""


async def read_in_time(chunks: AsyncIterator[bytes], settings: GatewaySettings) -> bytes | Raw:
    """The body, as `read_body` gives it. Raises Denied (408) when its sender is too slow."""
    try:
        async with asyncio.timeout(settings.slow_s):
            body = await read_body(chunks, settings.max_body_bytes)
    except TimeoutError as slow:
        hit("delivery_seconds")
        detail = f"the body did not come within {settings.slow_s:g} s: send it again"
        raise Denied(408, "too_slow", detail) from slow
    if isinstance(body, Raw):
        hit("delivery_bytes")
    return body


async def read_body(chunks: AsyncIterator[bytes], limit: int) -> bytes | Raw:
    """The whole body; or, when it is larger than `limit` bytes, what a dead letter keeps of it."""
    kept: list[bytes] = []
    hashed, size = sha256(), 0
    async for chunk in chunks:
        size += len(chunk)
        hashed.update(chunk)
        if size <= limit or sum(map(len, kept)) < MAX_ORIGINAL:
            kept.append(chunk)
        if size > limit * _HASHED_BEYOND:
            break
    whole = b"".join(kept)
    return whole if size <= limit else Raw(whole[:MAX_ORIGINAL], hashed.hexdigest(), size)


def raw_of(body: bytes) -> Raw:
    """What a dead letter keeps of a body that could not be parsed."""
    return Raw(body[:MAX_ORIGINAL], sha256(body).hexdigest(), len(body))


def unread(raw: Raw) -> Raw:
    """Hash and size alone: what somebody sent whom nobody has vouched for is not kept."""
    return Raw(b"", raw.sha256, raw.size)
