"""Owns the audit entries of what people look at and say: on record before it is shown, or counts.

May not: show anything, or go on without the broker's acknowledgement. Goes to: `audit-entries`, and `feedback`.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from schemas.audit import AuditEntry, Position
from schemas.codec import encode
from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT
from schemas.feedback import Feedback
from schemas.identity import digest
from schemas.packets import Candidate
from sinks.page.access import Reader
from streams.telling import intent_of
from wire.durable import Durable
from wire.record import Outgoing

VIEWED: Final = "viewed"
"""The decision under which the audit log holds a look at a packet or at evidence."""
_SOURCE: Final = "page"
_MOST: Final = 200
"""Characters of a reader's name in an entry."""


@dataclass(frozen=True)
class Trail:
    """Puts views and feedback on record. `clock` gives microseconds since 1970."""

    durable: Durable
    clock: Callable[[], int]
    build: str
    settings_hash: str

    async def viewed(self, reader: Reader, candidate: Candidate, **what: str) -> None:
        """The view is on record when this returns. Raises wire.durable.NotAcknowledged."""
        await self._put(self._entry(reader, candidate, what))

    async def told(self, feedback: Feedback, tenant: str) -> None:
        """The intent is on record, and then the feedback on its way, when this returns. Raises as above."""
        await self._put(intent_of(feedback, tenant, self.build, self.settings_hash))
        stamps = ((HEADER_TENANT, tenant.encode()), (HEADER_INGESTED_AT, str(feedback.given_at).encode()))
        key = f"{tenant}/{feedback.environment}".encode()
        await self.durable.publish([Outgoing("feedback", key, encode("feedback", feedback), stamps)])

    async def _put(self, entry: AuditEntry) -> None:
        key = f"{entry.tenant}/{entry.subject}".encode()
        headers = ((HEADER_TENANT, entry.tenant.encode()),)
        await self.durable.publish([Outgoing("audit-entries", key, encode("audit-entries", entry), headers)])

    def _entry(self, reader: Reader, candidate: Candidate, what: dict[str, str]) -> AuditEntry:
        # Two looks at the same thing are two accesses: the name of each is drawn before it is sent, once.
        return AuditEntry(
            decision_id=digest(VIEWED, secrets.token_hex(16)),
            tenant=candidate.tenant,
            subject=candidate.candidate_id,
            decision=VIEWED,
            actor=reader.actor[:_MOST],
            at=self.clock(),
            position=Position(topic=_SOURCE, partition=0, offset=0),
            build=self.build,
            settings_hash=self.settings_hash,
            details={"revision": str(candidate.revision.number), **what},
        )
