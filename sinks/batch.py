"""Owns what a batch of records comes to: rows, candidates, packets to be proven, and the offsets after it.

Pure. May not: fetch originals, write. Goes to: `sinks.sink`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.audit import AuditRecord, DeadLetter
from schemas.codec import Undecodable, decode
from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT, HEADER_TICK, HEADER_TRACE, Change, Entity
from schemas.feedback import Feedback
from schemas.model import Message
from schemas.packets import Candidate, Packet, Proposal
from schemas.settings import Settings, is_replay
from schemas.topics import CHANGE_TOPICS, INPUT_TOPICS
from sinks.rows import (
    Row,
    audit_row,
    change_rows,
    entity_rows,
    feedback_row,
    letter_row,
    proposal_row,
    unreadable_row,
)
from streams.published import is_json, read_published
from wire.reader import Place

SINK_TOPICS: Final = (
    *CHANGE_TOPICS.values(),
    "catalog",
    "feedback",
    "incident-candidates",
    "context-packets",
    "action-proposals",
    "audit",
    "dead-letters",
)
"""What the sink reads. Alerts are fetched one by one when a packet cites them: most never are."""


class Incoming(NamedTuple):
    """One record as it was read; `at` is its Kafka time in microseconds since 1970."""

    place: Place
    value: bytes | None
    headers: Mapping[str, bytes | None]
    at: int


@dataclass(slots=True)
class Batch:
    """What has been gathered so far."""

    rows: list[Row] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    traced: list[tuple[bytes, Place]] = field(default_factory=list)
    """The traces that records of packets carry, and their places."""
    after: dict[tuple[str, int], int] = field(default_factory=dict)
    records: int = 0
    oldest: dict[str, int] = field(default_factory=dict)
    """Kafka's time of the first record of each topic, in microseconds since 1970."""
    counts: Counter[str] = field(default_factory=Counter)
    """Records by topic."""

    def add(self, record: Incoming, settings: Settings) -> None:
        """Take in one record. Raises nothing for any bytes: what is not understood becomes a dead letter."""
        place = record.place
        self.after[place.topic, place.partition] = place.offset + 1
        self.records += 1
        self.counts[place.topic] += 1
        self.oldest.setdefault(place.topic, record.at)
        tenant = _tenant(record, settings)
        if place.topic in INPUT_TOPICS and tenant is None:
            return
        try:
            message = _message(record)
        except Undecodable as wrong:
            # The router tells of what it cannot read on its inputs; ours nobody else would.
            if place.topic not in INPUT_TOPICS:
                self.rows.append(unreadable_row(place, record.value, wrong, record.at))
            return
        self._take(message, record, tenant or "")

    def _take(self, message: Message, record: Incoming, tenant: str) -> None:
        place = record.place
        match message:
            case Candidate():
                self.candidates.append(message)
            case Packet():
                self.packets.append(message)
                if trace := record.headers.get(HEADER_TRACE):
                    self.traced.append((trace, place))
            case Proposal():
                self.rows.append(proposal_row(message))
            case AuditRecord():
                self.rows.append(audit_row(place.partition, message))
            case DeadLetter():
                self.rows.append(letter_row(message))
            case Change():
                self.rows.extend(change_rows(tenant, place, message))
            case Feedback():
                self.rows.append(feedback_row(tenant, message))
            case Entity():
                self.rows.extend(entity_rows(tenant, _since(record, tenant), message))


def _since(record: Incoming, tenant: str) -> int:
    """From when on a catalog entry counts: the broker's time, of a replay the time that was recorded."""
    told = (record.headers.get(HEADER_INGESTED_AT) or b"").decode("ascii", "replace")
    return int(told) if is_replay(tenant) and told.isdecimal() else record.at


def _message(record: Incoming) -> Message:
    """What teams publish may be JSON, where the header says so; what the program writes is Avro."""
    topic, value = record.place.topic, record.value
    if topic not in INPUT_TOPICS:
        return decode(topic, value)
    as_json = is_json(record.headers)
    return read_published(topic, value or b"", as_json=as_json, broker_at=record.at).message


def _tenant(record: Incoming, settings: Settings) -> str | None:
    """The declared tenant of a published record; none for ticks and for what the router refuses."""
    name = (record.headers.get(HEADER_TENANT) or b"").decode("utf-8", "replace")
    known = None if HEADER_TICK in record.headers else settings.tenant(name)
    return known.name if known else None
