"""The topic catalogue: every topic, who writes and reads it, its key, how long it is kept, its schemas.

Topic creation, the codec, the schema routes and docs/topics.md are all derived from this table.
"""

from dataclasses import dataclass
from typing import Final, Literal

from schemas.answers import Answer
from schemas.audit import AuditCheckpoint, AuditEntry, AuditRecord, DeadLetter
from schemas.events import Alert, Change, Entity
from schemas.feedback import Feedback
from schemas.model import Message
from schemas.packets import Candidate, Packet, Proposal
from schemas.signals import Signal, StateChunk

Compatibility = Literal["BACKWARD", "BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"]
FOR_EVER: Final = -1


@dataclass(frozen=True)
class Topic:
    """One topic. `schema_ids` maps versions to the id in Confluent's wire format; they are never reused."""

    name: str
    record: str
    model: type[Message]
    schema_ids: dict[int, int]
    key: str
    kept_days: int
    """Days of broker retention; FOR_EVER where the broker deletes nothing."""
    compacted: bool
    compatibility: Compatibility
    writers: str
    readers: str
    purpose: str
    input: bool = False
    """True for what teams publish; the router reads exactly these, and they use LogAppendTime."""
    ticks: bool = True
    """False for an input that clocks do not wait for."""
    single_partition: bool = False

    @property
    def version(self) -> int:
        """The newest schema version."""
        return max(self.schema_ids)

    @property
    def subject(self) -> str:
        """The subject under which a registry lists the value's schema."""
        return f"{self.name}-value"


TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        Topic("alerts", "Alert", Alert, {1: 1001, 2: 1002}, "tenant/service", 7, False, "BACKWARD_TRANSITIVE",
              "gateway, direct producers", "router, sink", "Alerts, one record each", input=True),
        Topic("deploys", "Deploy", Change, {1: 1011, 2: 1012}, "tenant/service", 7, False, "BACKWARD_TRANSITIVE",
              "gateway, direct producers", "router, sink", "Deployments", input=True),
        Topic("flags", "Flag", Change, {1: 1021, 2: 1022}, "tenant/flag", 7, False, "BACKWARD_TRANSITIVE",
              "gateway, direct producers", "router, sink", "Feature-flag changes", input=True),
        Topic("configs", "Config", Change, {1: 1031, 2: 1032}, "tenant/object", 7, False, "BACKWARD_TRANSITIVE",
              "gateway, direct producers", "router, sink", "Configuration changes", input=True),
        Topic("catalog", "Entity", Entity, {1: 1041, 2: 1042}, "tenant/entity", FOR_EVER, True, "BACKWARD_TRANSITIVE",
              "gateway, direct producers", "router, sink", "Service catalog, newest entry by key", input=True),
        Topic("feedback", "Feedback", Feedback, {1: 1051}, "tenant/environment", 90, False, "BACKWARD_TRANSITIVE",
              "gateway, page", "router, sink", "What people say about candidates", input=True, ticks=False),
        Topic("answers", "Answer", Answer, {1: 1151}, "tenant/candidate", 7, False, "BACKWARD_TRANSITIVE",
              "querier", "router", "What a source of signals answered to a query about a candidate", input=True),
        Topic("signals", "Signal", Signal, {1: 1061, 2: 1062, 3: 1063, 4: 1064, 5: 1065, 6: 1066},
              "none; partition by scope", FOR_EVER, False, "BACKWARD", "router", "correlator",
              "The merged log that the correlator folds"),
        Topic("correlator-state", "StateChunk", StateChunk, {1: 1071}, "partition/snapshot/chunk", FOR_EVER, True,
              "BACKWARD", "correlator", "correlator", "Snapshots of the fold"),
        Topic("incident-candidates", "Candidate", Candidate, {1: 1081, 2: 1082}, "tenant/candidate", 30, False,
              "FULL_TRANSITIVE", "correlator", "sink, consumers", "Candidates, a record a revision"),
        Topic("context-packets", "Packet", Packet, {1: 1091, 2: 1092, 3: 1093}, "tenant/candidate", 30, False,
              "FULL_TRANSITIVE", "correlator", "sink, consumers", "Context packets, a record a revision"),
        Topic("action-proposals", "Proposal", Proposal, {1: 1101}, "tenant/candidate", 30, False, "FULL_TRANSITIVE",
              "correlator", "sink, consumers", "Guarded action proposals; nothing executes them yet"),
        Topic("audit-entries", "AuditEntry", AuditEntry, {1: 1111}, "tenant/subject", FOR_EVER, False,
              "FULL_TRANSITIVE", "router, correlator, gateway, page", "auditor",
              "Decisions on their way to the audit log"),
        Topic("audit", "AuditRecord", AuditRecord, {1: 1121, 2: 1122}, "as audit-entries", FOR_EVER, False,
              "FULL_TRANSITIVE", "auditor", "sink, consumers", "The audit log, numbered by partition"),
        Topic("audit-checkpoints", "AuditCheckpoint", AuditCheckpoint, {1: 1131, 2: 1132}, "partition", FOR_EVER, False,
              "FULL_TRANSITIVE", "auditor", "auditor, consumers", "Signed: where each audit partition stands"),
        Topic("dead-letters", "DeadLetter", DeadLetter, {1: 1141, 2: 1142}, "source", 30, False, "FULL_TRANSITIVE",
              "gateway, router", "sink", "What could not be understood, and why; restricted"),
    )
}  # fmt: skip

INPUT_TOPICS: Final = tuple(topic.name for topic in TOPICS.values() if topic.input)
TICKED_TOPICS: Final = tuple(name for name in INPUT_TOPICS if TOPICS[name].ticks)
"""The inputs that clocks wait for."""
CHANGE_TOPICS: Final = {"deploy": "deploys", "flag": "flags", "config": "configs"}
