"""Bodies: whole within the limit, their beginning and hash beyond."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from hashlib import sha256

import pytest
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.types import Message

from schemas.metrics import LIMIT_HITS
from schemas.settings import GatewaySettings
from sources.bodies import body_of, headers_of, raw_of, read_body
from sources.letters import MAX_ORIGINAL, Raw
from sources.tenancy import Denied
from wire.listening import WHOLE

Chunks = Callable[[], AsyncIterator[bytes]]


async def _chunks(sizes: Iterable[int]) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


def body(sizes: Iterable[int], limit: int) -> bytes | Raw:
    """What is taken in of chunks of these sizes."""
    return asyncio.run(read_body(_chunks(sizes), limit))


@pytest.mark.parametrize("sizes", [[], [0], [100], [60, 40], [1] * 100])
def test_a_body_within_the_limit_is_whole(sizes: list[int]) -> None:
    """However it comes in pieces, all of it should be there."""
    assert b"x" * sum(sizes) == body(sizes, 100)


@pytest.mark.parametrize("sizes", [[101], [60, 41], [1] * 101])
def test_a_body_beyond_the_limit_is_its_beginning_and_hash(sizes: list[int]) -> None:
    """The hash should be that of all of it."""
    assert Raw(b"x" * 101, sha256(b"x" * 101).hexdigest(), 101) == body(sizes, 100)


def test_only_so_much_of_a_large_body_is_kept() -> None:
    """64 KiB should be kept, the rest counted and hashed."""
    taken = body([50_000] * 10, 100_000)
    assert isinstance(taken, Raw)
    assert (MAX_ORIGINAL, 500_000, sha256(b"x" * 500_000).hexdigest()) == (
        len(taken.head),
        taken.size,
        taken.sha256,
    )


def test_an_endless_body_is_left() -> None:
    """Reading should stop at some point; what was read should be told."""
    taken = body(iter(lambda: 10_000, None), 10_000)
    assert isinstance(taken, Raw)
    assert taken.size == 170_000


def test_a_body_that_is_no_json_is_kept_likewise() -> None:
    """Its beginning, hash and size should be kept."""
    assert Raw(b"ab", sha256(b"ab").hexdigest(), 2) == raw_of(b"ab")


async def _slowly() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.Event().wait()


async def _at_once() -> AsyncIterator[bytes]:
    yield b"x" * 200


async def _small() -> AsyncIterator[bytes]:
    yield b"{}"


def test_a_body_that_has_come_as_a_whole_is_bounded_as_any_other() -> None:
    """That nobody is waited for should change nothing else."""
    assert b"{}" == asyncio.run(_read(_small, whole=True))
    assert isinstance(asyncio.run(_read(_at_once, whole=True)), Raw)


def test_of_several_headers_by_one_name_the_first_counts() -> None:
    """As for whoever reads them one by one."""
    sent = [(b"x", b"1"), (b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")]
    assert {"x": "1", "authorization": "Bearer a"} == headers_of(Request({"type": "http", "headers": sent}))


@pytest.mark.parametrize(("chunks", "limit"), [(_slowly, "delivery_seconds"), (_at_once, "delivery_bytes")])
def test_a_body_that_meets_a_bound_is_counted(chunks: Chunks, limit: str) -> None:
    """One that is too slow is denied with 408, one that is too large is kept in part; both show in the metrics."""
    before = _hits(limit)
    with contextlib.suppress(Denied):
        assert isinstance(asyncio.run(_read(chunks)), Raw)
    assert before + 1 == _hits(limit)


async def _read(chunks: Chunks, *, whole: bool = False) -> bytes | Raw:
    pieces = chunks()

    async def receive() -> Message:
        piece = await anext(pieces, b"")
        return {"type": "http.request", "body": piece, "more_body": piece != b"" and not whole}

    scope = {"type": "http", WHOLE: True} if whole else {"type": "http"}
    return await body_of(Request(scope, receive), GatewaySettings(max_body_bytes=100, slow_s=0.05))


def _hits(limit: str) -> float:
    return REGISTRY.get_sample_value(LIMIT_HITS.name, {"limit": limit}) or 0.0
