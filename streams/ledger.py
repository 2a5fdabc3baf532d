"""The audit log of one partition: which entry becomes which line, and what is a repeat.

Pure. A decision is named by its source position. Sources that one writer works through in order (the inputs,
`signals`) repeat themselves after a restart, from an earlier position on: what is not beyond the furthest
position written is a repeat. Other sources (`dead-letters`, written by several gateways at once) neither keep
order nor repeat themselves: each of their entries is a line.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from schemas.audit import AuditCheckpoint, AuditEntry, AuditHead, AuditRecord, Position
from schemas.codec import MAX_VALUE_BYTES, Undecodable, decode, encode
from schemas.identity import content_hash, digest, leaf_hash
from schemas.topics import INPUT_TOPICS

_IN_ORDER: Final = frozenset({*INPUT_TOPICS, "signals"})
_LARGEST: Final = MAX_VALUE_BYTES - 1_000
"""Largest entry that fits into a line of the log."""


@dataclass(slots=True)
class Ledger:
    """Where one partition of the audit log stands."""

    partition: int
    build: str
    next_sequence: int = 0
    entries_offset: int = 0
    heads: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def take(self, offset: int, value: bytes | None, at: int) -> AuditRecord | None:
        """The line for the entry at `offset` of audit-entries, or None for a repeat.

        What is no entry goes on record with its bytes, at its own position. `at`: the record's Kafka time.
        """
        self.entries_offset = offset + 1
        data = value or b""
        here = Position(topic="audit-entries", partition=self.partition, offset=offset)
        if len(data) > _LARGEST:
            data = encode("audit-entries", self._too_large(here, data, at))
        position = _source(data) or here
        if self._is_repeat(position):
            return None
        line = AuditRecord(
            sequence=self.next_sequence, entry=data, leaf_hash=leaf_hash(data), position=position
        )
        self.follow(line)
        return line

    def follow(self, line: AuditRecord) -> None:
        """Take note of a line that stands in the log. Raises ValueError when lines before it are missing."""
        if line.sequence != self.next_sequence:
            raise ValueError(f"line {self.next_sequence} is missing before line {line.sequence}")
        self.next_sequence += 1
        source = line.position
        if source.topic in _IN_ORDER:
            self.heads[source.topic, source.partition] = (source.offset, source.index)

    def checkpoint(self) -> AuditCheckpoint:
        """All that is needed to go on from here."""
        heads = tuple(
            AuditHead(topic=topic, partition=partition, offset=offset, index=index)
            for (topic, partition), (offset, index) in sorted(self.heads.items())
        )
        return AuditCheckpoint(
            partition=self.partition,
            next_sequence=self.next_sequence,
            entries_offset=self.entries_offset,
            heads=heads,
        )

    def _is_repeat(self, position: Position) -> bool:
        head = self.heads.get((position.topic, position.partition))
        return head is not None and (position.offset, position.index) <= head

    def _too_large(self, here: Position, data: bytes, at: int) -> AuditEntry:
        """What stands for an entry that no line can hold: its hash and its size."""
        return AuditEntry(
            decision_id=digest("too_large", here.topic, here.partition, here.offset),
            tenant="",
            subject=f"{here.topic}/{here.partition}/{here.offset}",
            decision="refused",
            actor="auditor",
            at=at,
            position=here,
            build=self.build,
            settings_hash="",
            details={"reason": "too_large", "sha256": content_hash(data), "bytes": str(len(data))},
        )


def recovered(
    partition: int, build: str, checkpoint: AuditCheckpoint | None, lines: Iterable[AuditRecord]
) -> Ledger:
    """The ledger as its last checkpoint and the lines from there on tell. Raises ValueError when lines are missing.

    `lines` may begin before the checkpoint; those that it covers are passed over.
    """
    ledger = Ledger(partition, build)
    if checkpoint is not None:
        ledger.next_sequence, ledger.entries_offset = checkpoint.next_sequence, checkpoint.entries_offset
        ledger.heads = {(head.topic, head.partition): (head.offset, head.index) for head in checkpoint.heads}
    last = -1
    for line in lines:
        last = line.sequence
        if last >= ledger.next_sequence:
            ledger.follow(line)
    if last + 1 < ledger.next_sequence:
        raise ValueError(f"its last line is {last}, and its checkpoint says {ledger.next_sequence - 1}")
    return ledger


def _source(data: bytes) -> Position | None:
    try:
        entry = decode("audit-entries", data)
    except Undecodable:
        return None
    return entry.position if isinstance(entry, AuditEntry) else None
