"""The correlator's hands: batches of `signals` through the fold, its outputs out, its memory into snapshots.

What a signal means is decided by `streams.fold`. Faust's committed offsets do not matter here: a partition is
read from where its newest whole snapshot stands. May not: decide, or hold anything that a snapshot does not.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from agents import observing
from agents.progress import Batch, Record
from agents.snapshots import Snapshots
from agents.tracing import begun, ended, noted
from schemas.audit import DeadLetter
from schemas.codec import Undecodable, decode, encode
from schemas.events import HEADER_TENANT
from schemas.identity import content_hash, digest
from schemas.packets import Candidate
from schemas.settings import Settings
from schemas.signals import Signal
from streams.cause import Output
from streams.fold import Fold
from streams.memory import Memory
from wire.producer import Outbox
from wire.tracing import Span, Traces, carried

log = structlog.get_logger()


@dataclass(slots=True)
class _Partition:
    """One partition in hand: its fold, and what refolding since its last snapshot would cost."""

    fold: Fold
    folding_s: float = 0.0
    saved_at: float = field(default_factory=time.monotonic)
    saved_offset: int = 0
    trimmed_at: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Correlator:
    """Folds the partitions of `signals` that are assigned to this worker."""

    outbox: Outbox
    snapshots: Snapshots
    settings: Settings
    build: str
    traces: Traces | None = None
    partitions: dict[int, _Partition] = field(default_factory=dict)

    def folds(self) -> Mapping[int, Fold]:
        """The folds in hand, by partition; for whoever only looks."""
        return {number: held.fold for number, held in list(self.partitions.items())}

    def snapshot_ages(self) -> Mapping[tuple[str, ...], float]:
        """Seconds since each partition was stored, or taken over."""
        now = time.monotonic()
        return {(str(number),): now - held.saved_at for number, held in list(self.partitions.items())}

    async def positions(self, assigned: frozenset[int]) -> Mapping[int, int]:
        """Loads the memory of newly assigned partitions; says from where each is to be read."""
        for memory in await asyncio.gather(
            *map(self.snapshots.load, sorted(assigned - self.partitions.keys()))
        ):
            if memory is not None:
                log.info("correlator.restored", partition=memory.partition, offset=memory.next_offset)
                self._take(memory)
        return {
            number: held.fold.memory.next_offset
            for number, held in self.partitions.items()
            if number in assigned
        }

    async def released(self, given_up: frozenset[int]) -> None:
        """Stores what is held of partitions that go to others, and forgets it."""
        for number in sorted(given_up & self.partitions.keys()):
            await self._save(self.partitions.pop(number))

    async def handle(self, batch: Batch) -> None:
        """Returns once everything that follows from the batch is acknowledged; DeliveryFailed otherwise."""
        held = self.partitions.get(batch.partition) or self._take(Memory(batch.partition))
        sent: Counter[str] = Counter()
        spans = begun(self.traces, "correlator", batch)
        for record in batch.records:
            for output, value in self._folded(held, batch, record):
                await self._send(output, value, spans.get(record.offset))
                sent[output.topic] += 1
                told(output)
        await self.outbox.flush()
        ended(spans)
        observing.folded(batch, held.fold, sent)
        if self._due(held):
            await self._save(held)

    def _take(self, memory: Memory) -> _Partition:
        held = _Partition(Fold(memory, self.settings, self.build), saved_offset=memory.next_offset)
        self.partitions[memory.partition] = held
        return held

    def _folded(self, held: _Partition, batch: Batch, record: Record) -> list[tuple[Output, bytes]]:
        """What follows from a record, encoded. Its time is noted; waiting for Kafka is no part of refolding."""
        began = time.monotonic()
        follows = [encoded(output, batch, record) for output in self._apply(held, batch, record)]
        held.folding_s += time.monotonic() - began
        return follows

    def _apply(self, held: _Partition, batch: Batch, record: Record) -> list[Output]:
        try:
            signal = decode("signals", record.value)
        except Undecodable as wrong:
            return [Output("dead-letters", batch.topic, _letter(batch, record, wrong))]
        return held.fold.apply(record.offset, signal) if isinstance(signal, Signal) else []

    async def _send(self, output: Output, value: bytes, span: Span | None) -> None:
        headers = ((HEADER_TENANT, output.key.partition("/")[0].encode()), *carried(span))
        noted(span, output)
        await self.outbox.send(output.topic, key=output.key.encode(), value=value, headers=headers)

    def _due(self, held: _Partition) -> bool:
        """A snapshot is due when refolding would take too long, and at the latest after a while under traffic."""
        state, age = self.settings.state, time.monotonic() - held.saved_at
        if held.fold.memory.next_offset == held.saved_offset:
            return False
        return (
            held.folding_s > state.refold_s and age > state.snapshot_every_s
        ) or age > state.snapshot_at_least_s

    async def _save(self, held: _Partition) -> None:
        if held.fold.memory.next_offset == held.saved_offset:
            return
        await self.snapshots.save(held.fold.memory)
        held.folding_s, held.saved_at = 0.0, time.monotonic()
        held.saved_offset = held.fold.memory.next_offset
        if time.monotonic() - held.trimmed_at > self.settings.state.trim_every_s:
            held.trimmed_at = time.monotonic()
            await self.snapshots.trim(held.fold.memory.partition, time.time_ns() // 1_000_000)


def told(output: Output) -> None:
    """Counts a dead letter, and logs a revision by its candidate where debug lines are asked for."""
    message = output.message
    if isinstance(message, DeadLetter):
        observing.refused(message)
    elif isinstance(message, Candidate):
        log.debug(
            "correlator.revision",
            tenant=message.tenant,
            candidate_id=message.candidate_id,
            candidate=message.short_id,
            revision=message.revision.number,
            state=message.state,
            phase=message.phase,
        )


def encoded(output: Output, batch: Batch, record: Record) -> tuple[Output, bytes]:
    """The output as bytes; one too large for Kafka becomes a dead letter, since leaving would only repeat it."""
    try:
        return output, encode(output.topic, output.message)
    except Undecodable as wrong:
        log.warning("correlator.too_large", topic=output.topic, key=output.key, reason=str(wrong))
        letter = _letter(batch, record, wrong)
        named = {"letter_id": "d-" + digest("letter", letter.letter_id, output.topic, output.key)}
        letter = letter.model_copy(update={**named, "detail": f"{output.topic} {output.key}: {wrong}"})
        return Output("dead-letters", output.topic, letter), encode("dead-letters", letter)


def _letter(batch: Batch, record: Record, wrong: Undecodable) -> DeadLetter:
    value, where = record.value or b"", (batch.topic, batch.partition, record.offset)
    return DeadLetter(
        letter_id="d-" + digest("letter", *where),
        tenant="",
        source=batch.topic,
        reason=wrong.reason,
        detail=str(wrong),
        topic=batch.topic,
        partition=batch.partition,
        offset=record.offset,
        received_at=record.timestamp_ms * 1000,
        original=value[:65_536],
        original_hash=content_hash(value),
        original_size=len(value),
        restricted=True,
    )
