"""Where the fold's memory is kept: whole snapshots in `correlator-state`, in pieces with a closing record.

The newest whole one counts; one that is not whole, or of another format, is as if it were not there. The two newest
are kept, older ones are deleted only after a newer one has been acknowledged.
"""

import asyncio
import gc
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import structlog

from schemas.codec import Undecodable, decode, encode
from schemas.settings import StateSettings
from schemas.signals import StateChunk
from streams.memory import Memory
from streams.snapshot import FORMAT, dumped, load
from wire.partition import read_partition
from wire.producer import Outbox
from wire.trim import delete_before, offset_at

_KEPT = 2
TOPIC = "correlator-state"
SIGNALS = "signals"

log = structlog.get_logger()


@dataclass(slots=True)
class Snapshots:
    """Writes and reads snapshots.

    `known` holds, by partition and offset, the keys of the whole ones in the topic; `useless` those of the others,
    which count for nothing and go once a newer one is there. `sizes`: bytes of the last one written, by partition.
    """

    outbox: Outbox
    bootstrap: str
    settings: StateSettings
    known: dict[int, dict[int, list[bytes]]] = field(default_factory=dict)
    useless: dict[int, dict[int, list[bytes]]] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)

    async def save(self, memory: Memory) -> None:
        """Returns once the snapshot is acknowledged and the older ones are deleted; DeliveryFailed otherwise."""
        pieces = list(_pieces(memory, await _encoded(memory), self.settings.chunk_bytes))
        self.sizes[memory.partition] = sum(len(piece.data) for piece in pieces)
        known = self.known.setdefault(memory.partition, {})
        known[memory.next_offset] = [_key(piece) for piece in pieces]
        for piece in pieces:
            await self._send(memory.partition, _key(piece), encode(TOPIC, piece))
        await self.outbox.flush()
        for key in self._outdated(memory):
            await self._send(memory.partition, key, None)
        await self.outbox.flush()

    def _outdated(self, newest: Memory) -> list[bytes]:
        """The keys of what is not kept now that the newest is there, useless ones first; they are forgotten here."""
        known, useless = self.known[newest.partition], self.useless.get(newest.partition, {})
        gone = [useless.pop(offset) for offset in sorted(useless) if offset <= newest.next_offset]
        gone += [known.pop(offset) for offset in sorted(known)[:-_KEPT]]
        # One that was cut short may stand for the same offset: its pieces have just been written anew.
        fresh = known.get(newest.next_offset, [])
        return [key for keys in gone for key in keys if key not in fresh]

    async def trim(self, partition: int, now_ms: int) -> None:
        """Deletes signals older than they are kept for, and never past the second-newest snapshot."""
        offsets = sorted(self.known.get(partition, {}))
        if len(offsets) < _KEPT:
            return
        kept_from = now_ms - round(self.settings.signals_kept_s * 1000)
        young = await asyncio.to_thread(offset_at, self.bootstrap, SIGNALS, partition, kept_from)
        before = offsets[-_KEPT] if young is None else min(young, offsets[-_KEPT])
        if before > 0:
            await asyncio.to_thread(delete_before, self.bootstrap, SIGNALS, partition, before)

    async def load(self, partition: int) -> Memory | None:
        """The memory of the newest whole snapshot; None where there is none."""
        chunks = await asyncio.to_thread(self._read, partition)
        whole = {offset: data for offset, pieces in chunks.items() if (data := assemble(pieces)) is not None}
        self.known[partition] = {offset: [_key(c) for c in chunks[offset]] for offset in whole}
        self.useless[partition] = {
            offset: [_key(c) for c in pieces] for offset, pieces in chunks.items() if offset not in whole
        }
        for offset in self.useless[partition]:
            log.warning("correlator.snapshot_passed_over", partition=partition, offset=offset)
        return restored(whole[max(whole)]) if whole else None

    def _read(self, partition: int) -> dict[int, list[StateChunk]]:
        return by_offset(read_partition(self.bootstrap, TOPIC, partition))

    async def _send(self, partition: int, key: bytes, value: bytes | None) -> None:
        await self.outbox.send(TOPIC, key=key, value=value, partition=partition)


def restored(data: bytes) -> Memory:
    """The memory that a snapshot stands for. Raises UnknownFormat for any other format than ours.

    Everything that is made here is kept, and looking for garbage among it would take as long as making it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return load(data)
    finally:
        if was_on:
            gc.enable()


def by_offset(records: Iterable[tuple[bytes | None, bytes | None]]) -> dict[int, list[StateChunk]]:
    """The pieces that are there, by the offset that their snapshot stands for; deleted ones are left out."""
    newest = dict(records)
    chunks: dict[int, list[StateChunk]] = {}
    for value in newest.values():
        try:
            chunk = decode(TOPIC, value) if value is not None else None
        except Undecodable as wrong:
            log.warning("correlator.snapshot_refused", reason=str(wrong))
            continue
        if isinstance(chunk, StateChunk):
            chunks.setdefault(chunk.offset, []).append(chunk)
    return chunks


def assemble(pieces: Iterable[StateChunk]) -> bytes | None:
    """The bytes of a snapshot; None when a piece is missing, damaged, or of another format."""
    ordered = sorted(pieces, key=lambda piece: (piece.closing, piece.chunk))
    closing, parts = ordered[-1], ordered[:-1]
    if not closing.closing or closing.format != FORMAT or closing.chunk != len(parts):
        return None
    data = b"".join(part.data for part in parts)
    return data if hashlib.sha256(data).hexdigest() == closing.sha256 else None


async def _encoded(memory: Memory) -> bytes:
    """Between two slices others have their turn; the partition's own batch is still in hand, so nothing changes."""
    slices: list[bytes] = []
    for part in dumped(memory):
        slices.append(part)
        await asyncio.sleep(0)
    return b"".join(slices)


def _pieces(memory: Memory, data: bytes, size: int) -> Iterator[StateChunk]:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    for number, part in enumerate(parts):
        yield _piece(memory, number, part, part, closing=False)
    yield _piece(memory, len(parts), b"", data, closing=True)


def _piece(memory: Memory, number: int, part: bytes, hashed: bytes, *, closing: bool) -> StateChunk:
    return StateChunk(
        partition=memory.partition,
        offset=memory.next_offset,
        chunk=number,
        closing=closing,
        format=FORMAT,
        sha256=hashlib.sha256(hashed).hexdigest(),
        data=part,
    )


def _key(piece: StateChunk) -> bytes:
    name = "closing" if piece.closing else str(piece.chunk)
    return f"{piece.partition}/{piece.offset}/{name}".encode()
