"""Bodies: whole within the limit, their beginning and hash beyond."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from hashlib import sha256

import pytest

from sources.bodies import raw_of, read_body
from sources.letters import MAX_ORIGINAL, Raw


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
