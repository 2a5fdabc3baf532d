"""One record of `signals` and everything that follows from it, in order: the outputs of one step of the fold."""

from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.audit import AuditEntry, Position
from schemas.identity import digest
from schemas.metrics import LimitName
from schemas.model import Message, built
from schemas.packets import Candidate as CandidateMessage
from schemas.packets import Packet, Proposal, Revision
from streams.memory import ScopeMemory


class Output(NamedTuple):
    """One message to send: where, under which key, what."""

    topic: str
    key: str
    message: Message


@dataclass(slots=True)
class Cause:
    """The record in hand. Decisions are numbered in the order in which they are taken."""

    partition: int
    offset: int
    build: str
    settings_hash: str
    outputs: list[Output] = field(default_factory=list)
    decisions: int = 0
    reached: list[LimitName] = field(default_factory=list)
    """The bounds that were reached, each time."""

    def audit(
        self, scope: ScopeMemory, subject: str, decision: str, at: int, details: dict[str, str]
    ) -> None:
        """Puts a decision on record; `at` is the time of the fold's clock."""
        facts = [f"{name}={value}" for name, value in sorted(details.items())]
        entry = built(
            AuditEntry,
            decision_id=digest("decision", scope.tenant, scope.environment, subject, decision, at, *facts),
            tenant=scope.tenant,
            subject=subject,
            decision=decision,
            actor="correlator",
            at=at,
            position=built(
                Position, topic="signals", partition=self.partition, offset=self.offset, index=self.decisions
            ),
            build=self.build,
            settings_hash=self.settings_hash,
            details=details,
        )
        self.decisions += 1
        self.outputs.append(Output("audit-entries", f"{scope.tenant}/{subject}", entry))

    def propose(self, proposal: Proposal) -> None:
        """Sends a proposal to its topic."""
        self.outputs.append(
            Output("action-proposals", f"{proposal.tenant}/{proposal.candidate_id}", proposal)
        )

    def publish(self, packet: Packet) -> None:
        """Sends a packet and its candidate to their topics."""
        self.publish_candidate(packet.candidate)
        key = f"{packet.candidate.tenant}/{packet.candidate.candidate_id}"
        self.outputs.append(Output("context-packets", key, packet))

    def publish_candidate(self, candidate: CandidateMessage) -> None:
        """Sends a candidate to its topic."""
        self.outputs.append(
            Output("incident-candidates", f"{candidate.tenant}/{candidate.candidate_id}", candidate)
        )

    def revision(self, tenant: str, candidate: str, number: int, at: int) -> Revision:
        """The identity of a revision cut at this record."""
        place = (self.partition, self.offset, self.build, self.settings_hash)
        return built(
            Revision,
            revision_id=digest("revision", tenant, candidate, *place),
            number=number,
            partition=self.partition,
            offset=self.offset,
            build=self.build,
            settings_hash=self.settings_hash,
            at=at,
        )
