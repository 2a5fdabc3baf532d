"""The merged log: what the router writes to `signals`, and nothing else is folded."""

from typing import Literal

from pydantic import Field

from schemas.answers import AnswerFacts
from schemas.events import AlertFacts, ChangeFacts, EntityFacts
from schemas.feedback import Feedback
from schemas.model import Message
from schemas.times import Micros

SignalKind = Literal["alert", "change", "entity", "mark", "feedback", "answer"]
LIVE_CLOCK = "live"
"""Name of the clock that all live tenants share; a replay tenant has one of its own, by its name."""


class Span(Message):
    """A run of source positions without a hole: offsets `first` to `last` of one input partition, both included."""

    topic: str = Field(description="Input topic.")
    partition: int = Field(description="Partition of the input topic.")
    first: int = Field(description="First offset.")
    last: int = Field(description="Last offset, included.")


class Mark(Message):
    """Up to where one input partition has been written to `signals`, and the time reached there."""

    topic: str = Field(description="Input topic.")
    partition: int = Field(description="Partition of the input topic.")
    next_offset: int = Field(description="Every record before this offset has been written.")
    clocks: dict[str, Micros] = Field(
        description="Time reached, by clock: live, or the name of a replay tenant."
    )
    layout: dict[str, int] = Field(
        description="The input topics that clocks wait for, with their number of partitions."
    )


class Signal(Message):
    """One scoped record, one tenant-wide record, or a mark."""

    kind: SignalKind = Field(
        description="alert, change, entity, mark, feedback or answer: which of the bodies is set."
    )
    tenant: str = Field("", description="Tenant; empty for marks.")
    environment: str | None = Field(
        None, description="Environment of the scope; none for tenant-wide records and marks."
    )
    ingested_at: Micros = Field(0, description="Ingest time of the first notification in it.")
    notified_at: Micros = Field(
        0, description="Notification time of the first: the sender's field, else the ingest time."
    )
    last_ingested_at: Micros = Field(0, description="Ingest time of the last notification folded into it.")
    count: int = Field(1, description="Notifications folded into it, one or more.")
    spans: tuple[Span, ...] = Field((), description="Source positions of all notifications in it, in order.")
    content_hash: str = Field("", description="SHA-256 of the redacted original, in hexadecimal digits.")
    notes: tuple[str, ...] = Field((), description="What was repaired or assumed on the way, as codes.")
    more_follows: bool = Field(
        False,
        description="True where more that this scope heard in the same second follows: they are looked at together.",
    )
    alert: AlertFacts | None = Field(None, description="Body of an alert.")
    change: ChangeFacts | None = Field(None, description="Body of a change.")
    entity: EntityFacts | None = Field(None, description="Body of a catalog entry.")
    mark: Mark | None = Field(None, description="Body of a mark.")
    feedback: Feedback | None = Field(None, description="Body of what a person said.")
    answer: AnswerFacts | None = Field(None, description="Body of the answer of a query.")


class StateChunk(Message):
    """One piece of a snapshot of the fold over one `signals` partition. A value of correlator-state."""

    partition: int = Field(description="Partition of signals.")
    offset: int = Field(description="Offset of signals at which folding goes on after this snapshot.")
    chunk: int = Field(
        description="Number of this piece, from 0; the closing record has the number of pieces."
    )
    closing: bool = Field(description="True for the record that completes the snapshot.")
    format: int = Field(description="Format of the snapshot; an unknown one is refused.")
    sha256: str = Field(description="Of this piece; of all pieces together in the closing record.")
    data: bytes = Field(b"", description="The piece; empty in the closing record.")
