"""Snapshots in Kafka: whole ones come back, others count for nothing, and never more than two are kept."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterable

import pytest

from agents.snapshots import TOPIC, Snapshots, assemble, by_offset, restored
from schemas.codec import decode, encode
from schemas.settings import StateSettings
from schemas.signals import StateChunk
from streams.cursors import Applied, Cursors
from streams.memory import Memory
from streams.snapshot import UnknownFormat, dump
from tests.wire.log import read
from wire.partition import read_partition
from wire.producer import Outbox

_SMALL = StateSettings(chunk_bytes=100)
"""Pieces so small that every snapshot has several."""


def _memory(partition: int, offset: int, *, size: int = 1) -> Memory:
    """A memory that says of itself where it stands, with `size` input partitions in it."""
    cursors = Cursors({("alerts", number): Applied(offset, []) for number in range(size)})
    return Memory(partition, next_offset=offset, cursors=cursors)


def _with(topics: str, use: Callable[[Snapshots], Awaitable[Memory | None]]) -> Memory | None:
    """What `use` gives with the snapshots of a process that has just started."""

    async def run() -> Memory | None:
        outbox = Outbox(topics)
        try:
            return await use(Snapshots(outbox, topics, _SMALL))
        finally:
            await outbox.close()

    return asyncio.run(run())


def _saved(topics: str, *memories: Memory) -> None:
    """One process stores these, one after the other, after it has looked at what is there."""

    async def save(snapshots: Snapshots) -> None:
        await snapshots.load(memories[0].partition)
        for memory in memories:
            await snapshots.save(memory)

    _with(topics, save)


def _loaded(topics: str, partition: int) -> Memory | None:
    return _with(topics, lambda snapshots: snapshots.load(partition))


def _loaded_offset(topics: str, partition: int) -> int | None:
    memory = _loaded(topics, partition)
    return memory.next_offset if memory else None


def _written(topics: str, partition: int, records: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Write pieces as another process might have."""

    async def write(snapshots: Snapshots) -> None:
        for key, value in records:
            await snapshots.outbox.send(TOPIC, key=key, value=value, partition=partition)

    _with(topics, write)


def _pieces(topics: str, partition: int, offset: int) -> list[tuple[bytes, StateChunk]]:
    """Key and content of the pieces of one snapshot, the closing one last."""
    found = []
    for message in read(topics, TOPIC, partition):
        value = message.value()
        chunk = decode(TOPIC, value) if value else None
        key = message.key()
        if isinstance(chunk, StateChunk) and chunk.offset == offset and isinstance(key, bytes):
            found.append((key, chunk))
    return found


def _whole_ones(topics: str, partition: int) -> list[int]:
    chunks = by_offset(read_partition(topics, TOPIC, partition))
    return sorted(offset for offset, pieces in chunks.items() if assemble(pieces) is not None)


def test_where_nothing_was_stored_nothing_is_loaded(topics: str) -> None:
    """A partition's first life should begin without a memory, and at once."""
    assert _loaded(topics, 8) is None


def test_a_snapshot_comes_back_as_it_was(topics: str) -> None:
    """Several pieces should be put together to an equal memory."""
    memory = _memory(9, 17, size=20)
    _saved(topics, memory)
    assert len(_pieces(topics, 9, 17)) > 3
    assert memory == _loaded(topics, 9)


def test_the_newest_of_those_that_are_kept_counts_and_older_ones_are_deleted(topics: str) -> None:
    """After five snapshots two should be there, and the last should be loaded, also by a process after that."""
    _saved(topics, *(_memory(10, offset) for offset in (10, 20, 30)))
    _saved(topics, *(_memory(10, offset) for offset in (40, 50)))
    assert [40, 50] == _whole_ones(topics, 10)
    assert 50 == _loaded_offset(topics, 10)


def test_one_that_was_cut_short_is_passed_over_and_takes_no_other_ones_place(topics: str) -> None:
    """Without its closing piece the one before counts; whole ones should be kept, and the rest be cleared away."""
    _saved(topics, _memory(11, 10), _memory(11, 20), _memory(11, 30))
    closing, _ = _pieces(topics, 11, 30)[-1]
    _written(topics, 11, [(closing, None)])
    assert 20 == _loaded_offset(topics, 11)
    _saved(topics, _memory(11, 40))
    assert [20, 40] == _whole_ones(topics, 11)
    assert {20, 40} == set(by_offset(read_partition(topics, TOPIC, 11)))


def test_one_that_was_cut_short_is_written_anew_at_the_same_offset(topics: str) -> None:
    """A restart may come to the same offset again; later clearing up should not take its pieces."""
    _saved(topics, _memory(12, 10), _memory(12, 20))
    closing, _ = _pieces(topics, 12, 20)[-1]
    _written(topics, 12, [(closing, None)])
    _saved(topics, _memory(12, 20), _memory(12, 30))
    assert [20, 30] == _whole_ones(topics, 12)


def test_a_damaged_one_is_passed_over(topics: str) -> None:
    """A piece whose content is not what was hashed should make the one before count."""
    _saved(topics, _memory(13, 10), _memory(13, 20, size=5))
    key, piece = _pieces(topics, 13, 20)[1]
    other = piece.model_copy(update={"data": piece.data[::-1]})
    _written(topics, 13, [(key, encode(TOPIC, other))])
    assert 10 == _loaded_offset(topics, 13)


def test_one_of_an_unknown_format_and_bytes_that_are_no_piece_are_passed_over(topics: str) -> None:
    """What another version of the program wrote should be left alone, and not be taken for ours."""
    _saved(topics, _memory(14, 10), _memory(14, 20))
    key, closing = _pieces(topics, 14, 20)[-1]
    later = closing.model_copy(update={"format": closing.format + 1})
    _written(topics, 14, [(key, encode(TOPIC, later)), (b"14/30/0", b"no piece")])
    assert 10 == _loaded_offset(topics, 14)


def test_a_large_one_is_loaded_in_well_under_a_second(topics: str) -> None:
    """Ten thousand cursors should not hold up a restart."""
    _saved(topics, _memory(15, 100, size=10_000))
    began = time.monotonic()
    assert 100 == _loaded_offset(topics, 15)
    took = time.monotonic() - began
    assert took < 3, f"{took:.2f} s; well under 1 s on a machine that does nothing else"


def test_garbage_is_looked_for_again_after_loading() -> None:
    """Whether the snapshot could be read or not."""
    assert restored(dump(_memory(30, 5))) == _memory(30, 5)
    with pytest.raises(UnknownFormat):
        restored(b'{"format": 0}')
    assert gc.isenabled()
