"""Owns verifying the audit log where it is written: topics, signatures and, where there are any, the SQL tables.

May not: repair or write anything. Goes to: `incidents audit verify` and `incidents audit proof`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import Message

from schemas.audit import AuditCheckpoint, AuditRecord, Position
from schemas.codec import Undecodable, decode
from sinks.audit_rows import StoredRows
from streams.ledger import source_of
from streams.notes import Keys, origin_of
from streams.proven import Broken, Proving
from wire.tail import read_confirmed

Progress = Callable[[int], object]
"""Told how many lines have been looked at, now and then."""
_TELL_EVERY = 50_000


@dataclass(frozen=True, slots=True)
class Trust:
    """What comes from outside of what is verified: the log's name, its keys, and checkpoints kept elsewhere."""

    log: str
    keys: Keys
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the origin that they name."""

    def origin(self, partition: int) -> str:
        """The name under which a partition is signed."""
        return origin_of(self.log, partition)


@dataclass(frozen=True, slots=True)
class Standing:
    """What verification has found out about one partition; `problem` is empty where everything holds."""

    partition: int
    lines: int
    proven: int
    checkpoints: int
    newest: str
    stored: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line where it stands."""

    offset: int
    record: AuditRecord


def verify_partition(
    bootstrap: str,
    partition: int,
    trust: Trust,
    stored: StoredRows | None,
    progress: Progress = lambda _: None,
) -> Standing:
    """Every line of a partition, with its checkpoints and rows; what is broken is in the answer.

    Raises KafkaProblem, or what the database raises, when it cannot be read.
    """
    proving = Proving(trust.origin(partition), trust.keys)
    problem = ""
    try:
        hold_to_known(proving, trust)
        # The checkpoints first: those that are written meanwhile would be of lines that are not read.
        for place, note in signed_notes(bootstrap, partition):
            proving.checkpoint(place, note)
        for line in lines_of(bootstrap, partition):
            proving.line(
                _place(partition, line), line.record.sequence, line.record.entry, line.record.leaf_hash
            )
            _check_source(partition, line)
            if stored is not None:
                stored.compare(line.offset, line.record)
            if proving.size % _TELL_EVERY == 0:
                progress(proving.size)
        proving.finish()
        if stored is not None:
            stored.finish()
    except Broken as broken:
        problem = str(broken)
    return standing(partition, proving, problem, stored.count if stored is not None else None)


def hold_to_known(proving: Proving, trust: Trust) -> None:
    """Hold a proof that begins to every known checkpoint of its partition. Raises Broken."""
    for number, note in enumerate(trust.known.get(proving.origin, ()), 1):
        proving.hold_to(f"known checkpoint {number} of {proving.origin}", note)


def standing(partition: int, proving: Proving, problem: str, stored: int | None = None) -> Standing:
    """What a proof has come to."""
    return Standing(
        partition, proving.size, proving.proven, proving.checkpoints, proving.newest, stored, problem
    )


def lines_of(bootstrap: str, partition: int) -> Iterator[Line]:
    """The lines of a partition. Raises Broken for what is no line, or KafkaProblem."""
    for message in read_confirmed(bootstrap, "audit", partition):
        record = _read("audit", message)
        if isinstance(record, AuditRecord):
            yield Line(message.offset() or 0, record)


def signed_notes(bootstrap: str, partition: int) -> Iterator[tuple[str, str]]:
    """Place and note of each signed checkpoint of a partition. Raises Broken or KafkaProblem."""
    for message in read_confirmed(bootstrap, "audit-checkpoints", partition):
        checkpoint = _read("audit-checkpoints", message)
        if isinstance(checkpoint, AuditCheckpoint) and checkpoint.note:
            yield f"audit-checkpoints/{partition} at offset {message.offset()}", checkpoint.note


def _read(topic: str, message: Message) -> object:
    try:
        return decode(topic, message.value())
    except Undecodable as wrong:
        place = f"{topic}/{message.partition()} at offset {message.offset()}"
        raise Broken(place, f"it cannot be read: {wrong}") from wrong


def _place(partition: int, line: Line) -> str:
    return f"audit/{partition} at offset {line.offset}"


def _check_source(partition: int, line: Line) -> None:
    """What a line says beside its entry is what the entry says. Raises Broken."""
    record = line.record
    source = source_of(record.entry)
    if source is None and record.entries_offset is not None:
        source = Position(topic="audit-entries", partition=partition, offset=record.entries_offset)
    if source is not None and source != record.position:
        raise Broken(
            _place(partition, line), f"line {record.sequence} names another source than its entry does"
        )
