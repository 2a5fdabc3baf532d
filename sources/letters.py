"""Owns dead letters of the gateway, and the audit entry that each refusal is.

A letter is redacted where its content could be parsed, and restricted where it could not. May not: write to
Kafka. Goes to: `sources.intake` and the gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from schemas.audit import AuditEntry, DeadLetter, Position
from schemas.codec import encode
from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT
from schemas.identity import digest
from sources.reading import Refused
from wire.record import Outgoing

_READ_HEADERS: Final = frozenset({"x-github-event", "x-gitlab-event-uuid", "idempotency-key"})
_LONGEST_HEADER: Final = 1_000
MAX_ORIGINAL: Final = 64 * 1024
"""Bytes of what arrived that a letter holds."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a delivery came from and when: tenant, route, ingest time in microseconds."""

    tenant: str
    source: str
    received_at: int
    sent: Mapping[str, str] = field(default_factory=dict)
    """The headers of the delivery."""

    @property
    def said(self) -> dict[str, str]:
        """The headers that formats read; see `kept_headers`."""
        return kept_headers(self.sent)

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """The headers of every record that follows from it."""
        return (
            (HEADER_TENANT, self.tenant.encode()),
            (HEADER_INGESTED_AT, str(self.received_at).encode()),
            ("source", self.source.encode()),
        )


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a delivery, in lower case, that a format reads: what is needed to read it again, no token."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {
        name: value[:_LONGEST_HEADER]
        for name, value in lower.items()
        if name in _READ_HEADERS or name.startswith("ce-")
    }


def parsed_letter(refused: Refused, arrival: Arrival, delivery: bytes = b"") -> DeadLetter:
    """The letter of an item whose JSON could be read: everything in it is redacted, its hash too.

    `delivery` is the redacted JSON of all that it came with, where that is kept.
    """
    original = refused.original.encode()
    return DeadLetter(
        letter_id=_letter_id(arrival, refused.reason, sha256(original).hexdigest()),
        tenant=arrival.tenant,
        source=arrival.source,
        reason=refused.reason,
        detail=f"{refused.path}: {refused.detail}" if refused.path else refused.detail,
        received_at=arrival.received_at,
        original=original[:MAX_ORIGINAL],
        original_hash=sha256(original).hexdigest(),
        original_size=len(original),
        path=refused.path,
        delivery=delivery,
        headers=arrival.said,
    )


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that arrived and cannot be parsed: their first 64 KiB, and hash and size of all of them."""

    head: bytes
    sha256: str
    size: int


def raw_letter(reason: str, detail: str, raw: Raw, arrival: Arrival) -> DeadLetter:
    """The letter of what could not be parsed, and so not be redacted: restricted."""
    return DeadLetter(
        letter_id=_letter_id(arrival, reason, raw.sha256),
        tenant=arrival.tenant,
        source=arrival.source,
        reason=reason,
        detail=detail,
        received_at=arrival.received_at,
        original=raw.head[:MAX_ORIGINAL],
        original_hash=raw.sha256,
        original_size=raw.size,
        restricted=True,
        headers=arrival.said,
    )


def _letter_id(arrival: Arrival, reason: str, content: str) -> str:
    return digest("letter", arrival.tenant, arrival.source, arrival.received_at, reason, content)


def letter_record(letter: DeadLetter, arrival: Arrival) -> Outgoing:
    """The letter as a record."""
    key = f"{letter.tenant}/{letter.source}".encode()
    return Outgoing("dead-letters", key, encode("dead-letters", letter), arrival.headers)


def refusal_record(letter: DeadLetter, position: Position, build: str, settings_hash: str) -> Outgoing:
    """The refusal as a decision for the audit log, once its letter stands at `position`."""
    entry = AuditEntry(
        decision_id=digest("refused", letter.tenant, letter.letter_id),
        tenant=letter.tenant,
        subject=letter.source,
        decision="refused",
        actor="gateway",
        at=letter.received_at,
        position=position,
        build=build,
        settings_hash=settings_hash,
        details={"reason": letter.reason, "detail": letter.detail, "letter": letter.letter_id},
    )
    key = f"{letter.tenant}/{letter.source}".encode()
    headers = ((HEADER_TENANT, letter.tenant.encode()),)
    return Outgoing("audit-entries", key, encode("audit-entries", entry), headers)
