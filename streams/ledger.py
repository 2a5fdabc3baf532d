"""The audit log of one partition: which entry becomes which line, what is a repeat, and the tree over all lines.

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
from streams.merkle import Tree

IN_ORDER: Final = frozenset({*INPUT_TOPICS, "signals"})
"""Sources that one writer works through: their entries reach a partition of the log in their order."""
_LARGEST: Final = MAX_VALUE_BYTES - 1_000
"""Largest entry that fits into a line of the log."""


@dataclass(slots=True)
class Ledger:
    """Where one partition of the audit log stands."""

    partition: int
    build: str
    tree: Tree = field(default_factory=Tree)
    entries_offset: int = 0
    heads: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def next_sequence(self) -> int:
        """Number of the next line: how many there are."""
        return self.tree.size

    def take(self, offset: int, value: bytes | None, at: int) -> AuditRecord | None:
        """The line for the entry at `offset` of audit-entries, or None for a repeat.

        What is no entry goes on record with its bytes, at its own position. `at`: the record's Kafka time.
        """
        self.entries_offset = offset + 1
        data = value or b""
        here = Position(topic="audit-entries", partition=self.partition, offset=offset)
        if len(data) > _LARGEST:
            data = encode("audit-entries", self._too_large(here, data, at))
        position = source_of(data) or here
        if self._is_repeat(position):
            return None
        line = AuditRecord(
            sequence=self.next_sequence,
            entry=data,
            leaf_hash=leaf_hash(data),
            position=position,
            entries_offset=offset,
        )
        self._add(line)
        return line

    def follow(self, line: AuditRecord) -> None:
        """Take note of a line that stands in the log.

        Raises ValueError when lines before it are missing, or when its entry is not the one that was hashed.
        """
        if line.sequence != self.next_sequence:
            raise ValueError(f"line {self.next_sequence} is missing before line {line.sequence}")
        if leaf_hash(line.entry) != line.leaf_hash:
            raise ValueError(f"the entry of line {line.sequence} does not have the line's hash")
        if line.entries_offset is not None:
            self.entries_offset = line.entries_offset + 1
        self._add(line)

    def _add(self, line: AuditRecord) -> None:
        self.tree.append(line.leaf_hash)
        source = line.position
        if source.topic in IN_ORDER:
            self.heads[source.topic, source.partition] = (source.offset, source.index)

    def checkpoint(self, note: str) -> AuditCheckpoint:
        """All that is needed to go on from here; `note` is the signature over it."""
        heads = tuple(
            AuditHead(topic=topic, partition=partition, offset=offset, index=index)
            for (topic, partition), (offset, index) in sorted(self.heads.items())
        )
        return AuditCheckpoint(
            partition=self.partition,
            next_sequence=self.next_sequence,
            entries_offset=self.entries_offset,
            heads=heads,
            peaks=tuple(self.tree.peaks),
            note=note,
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

    `lines` may begin before the checkpoint; those that it covers are passed over. Where it has no peaks, as the
    first ones were written, `lines` begin at 0.
    """
    ledger, covered, last = Ledger(partition, build), 0, -1
    if checkpoint is not None:
        covered, ledger.entries_offset = checkpoint.next_sequence, checkpoint.entries_offset
        ledger.heads = {(head.topic, head.partition): (head.offset, head.index) for head in checkpoint.heads}
        ledger.tree = Tree(covered, list(checkpoint.peaks)) if checkpoint.peaks else Tree()
    for line in lines:
        last = line.sequence
        if last >= covered:
            ledger.follow(line)
        elif last == ledger.next_sequence:
            ledger.tree.append(line.leaf_hash)
    if last + 1 < covered:
        raise ValueError(f"its last line is {last}, and its checkpoint says {covered - 1}")
    return ledger


def source_of(data: bytes) -> Position | None:
    """The source position that an entry names; None for bytes that are no entry."""
    try:
        entry = decode("audit-entries", data)
    except Undecodable:
        return None
    return entry.position if isinstance(entry, AuditEntry) else None
