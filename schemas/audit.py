"""What is on record: audit entries, the audit log, its checkpoints, and dead letters."""

from pydantic import Field

from schemas.model import Message
from schemas.times import Micros


class Position(Message):
    """Where a decision comes from: the record that caused it, and which of its decisions it is."""

    topic: str = Field(description="Topic of the record.")
    partition: int = Field(description="Partition.")
    offset: int = Field(description="Offset.")
    index: int = Field(0, description="Number of the decision among those that the record caused, from 0.")


class AuditEntry(Message):
    """One decision. A value of audit-entries; named by its source position."""

    decision_id: str = Field(
        description="From the content of the decision, the same in every log of the same recording."
    )
    tenant: str = Field(description="Tenant.")
    subject: str = Field(description="What was decided about: a candidate, a proposal, a source.")
    decision: str = Field(
        description="opened, joined, merged, suspected, proposed, deduplicated, settled, refused, ..."
    )
    actor: str = Field(description="Who decided: correlator, router, gateway, or a person.")
    at: Micros = Field(
        description="Time of the fold's clock, or the ingest time; never of the writer's clock."
    )
    position: Position = Field(description="Source position.")
    build: str = Field(description="Version of the code.")
    settings_hash: str = Field(description="Hash of the settings in force.")
    details: dict[str, str] = Field({}, description="The facts of the decision.")


class AuditRecord(Message):
    """One line of the audit log. A value of audit."""

    sequence: int = Field(description="Number in its partition, from 0, without holes.")
    entry: bytes = Field(description="The exact bytes of the value in audit-entries.")
    leaf_hash: bytes = Field(description="RFC 6962 leaf over these bytes.")
    position: Position = Field(description="Source position of the entry.")
    entries_offset: int | None = Field(None, description="Offset of the entry in audit-entries.")


class AuditHead(Message):
    """How far one source partition has been written to one audit partition."""

    topic: str = Field(description="Topic of the source.")
    partition: int = Field(description="Partition of the source.")
    offset: int = Field(description="Offset of the last entry written.")
    index: int = Field(description="Index of the last entry written.")


class AuditCheckpoint(Message):
    """Where one audit partition stands, signed. A value of audit-checkpoints."""

    partition: int = Field(description="Partition of audit.")
    next_sequence: int = Field(description="Number of the next line.")
    entries_offset: int = Field(description="Offset of audit-entries up to which entries have been taken.")
    heads: tuple[AuditHead, ...] = Field(description="How far each source partition has come.")
    peaks: tuple[bytes, ...] = Field(
        (), description="Roots of the perfect subtrees of the Merkle tree over all lines, largest first."
    )
    note: str = Field("", description="The signed checkpoint (C2SP tlog-checkpoint): origin, size, root.")


class DeadLetter(Message):
    """What could not be understood, with the reason and where it came from. A value of dead-letters."""

    letter_id: str = Field(description="From its position, or from tenant, source and content.")
    tenant: str = Field(description="Tenant, as far as known.")
    source: str = Field(description="Route or topic that it came by.")
    reason: str = Field(description="Code, e.g. not_json, no_start, unknown_schema_id.")
    detail: str = Field(description="What is wrong and what to do, in one line.")
    topic: str | None = Field(None, description="Input topic, where it was read from Kafka.")
    partition: int | None = Field(None, description="Partition, where it was read from Kafka.")
    offset: int | None = Field(None, description="Offset, where it was read from Kafka.")
    received_at: Micros = Field(description="Ingest time.")
    original: bytes = Field(b"", description="What arrived; redacted where it can be parsed, at most 64 KiB.")
    original_hash: str = Field(description="SHA-256 of all that arrived, in hexadecimal digits.")
    original_size: int = Field(description="Size of all that arrived, in bytes.")
    restricted: bool = Field(False, description="True where it could not be parsed, and so not be redacted.")
    path: str = Field(
        "", description="Place of the refused item in its delivery (RFC 6901); empty for all of it."
    )
    headers: dict[str, str] = Field(
        {}, description="Headers of the delivery that its format reads; never a secret."
    )
    delivery: bytes = Field(
        b"", description="The whole delivery as JSON, redacted, by which an item of it can be read again."
    )
