"""What teams publish: alerts, changes (deploys, flags, configs), catalog entries.

Tenant and ingest time are not in the value: the headers `tenant` and `ingested-at` carry them.
"""

from typing import Final, Literal

from pydantic import Field

from schemas.model import Message
from schemas.times import Micros

HEADER_TENANT: Final = "tenant"
"""Header of every input record: the tenant's name."""
HEADER_INGESTED_AT: Final = "ingested-at"
"""Header set by the gateway: decimal microseconds since 1970 UTC at which it took the delivery."""
HEADER_TICK: Final = "tick"
"""Header of a tick: decimal microseconds since 1970 UTC. With a tenant header it is a replay's tick."""
HEADER_TRACE: Final = "traceparent"
"""Header of a record that belongs to a trace, in the form of W3C Trace Context. Nothing is decided by it."""

Severity = Literal["critical", "error", "warning", "info", "unknown"]
ChangeKind = Literal["deploy", "flag", "config"]
CHANGE_KINDS: Final[tuple[ChangeKind, ...]] = ("deploy", "flag", "config")
ChangeStatus = Literal["started", "succeeded", "failed", "unknown"]
Operation = Literal["create", "update", "delete", "unknown"]


class AlertFacts(Message):
    """One alert as its sender described it at one moment: firing or resolved."""

    source: str = Field(description="Adapter that read it, e.g. alertmanager.")
    source_ref: str = Field(description="Name of the alert in its own tool, unique with the tenant.")
    fingerprint: str = Field(description="What stays equal between notifications of the same alert.")
    name: str = Field(description="Name of the alert rule.")
    status: Literal["firing", "resolved"] = Field(description="firing or resolved.")
    severity: Severity = Field("unknown", description="critical, error, warning, info or unknown.")
    service: str | None = Field(
        None, description="Service as the sender named it (OpenTelemetry: service.name)."
    )
    namespace: str | None = Field(None, description="Namespace that the sender named (service.namespace).")
    environment: str | None = Field(
        None, description="Environment that the sender named (deployment.environment.name)."
    )
    references: tuple[str, ...] = Field(
        (), description="Other names that a catalog may know, best first: kind:value."
    )
    summary: str = Field("", description="What the alert says in its own words.")
    value: str | None = Field(None, description="The measured value, where the alert states one.")
    labels: dict[str, str] = Field({}, description="Labels, redacted.")
    annotations: dict[str, str] = Field({}, description="Annotations, redacted.")
    starts_at: Micros = Field(description="Event time: start of the alert as published.")
    start_known: bool = Field(
        True,
        description="False where an end names no start: starts_at is the end, of what is open under the fingerprint.",
    )
    ends_at: Micros | None = Field(None, description="End of the alert, once resolved.")
    notified_at: Micros | None = Field(
        None, description="Notification time by the sender's own field, if it has one."
    )
    link: str | None = Field(None, description="Address of the alert in its tool.")

    @property
    def is_bare_end(self) -> bool:
        """True for an end that does not say which start it belongs to."""
        return self.status == "resolved" and not self.start_known


class Alert(AlertFacts):
    """A value of the topic alerts."""

    original: str = Field("", description="What the sender wrote about this one alert: JSON, redacted.")


class ChangeFacts(Message):
    """One change as its tool reported it: a deploy, a flag change or a config change."""

    kind: ChangeKind = Field(description="deploy, flag or config.")
    source: str = Field(description="Adapter that read it, e.g. github.")
    source_ref: str = Field(description="Name of the change in its own tool, unique with the tenant.")
    status: ChangeStatus = Field(
        "succeeded", description="started, succeeded, failed or unknown; only succeeded takes effect."
    )
    suspectable: bool = Field(True, description="False where a rule says that it cannot be to blame.")
    verdict: str = Field("", description="The rule that made it not suspectable, in words.")
    target: str = Field(
        description="What was changed: service/<name>, flag/<key>, config/<resource>/<namespace>/<name> or ssm:<name>."
    )
    service: str | None = Field(None, description="Service as the sender named it.")
    namespace: str | None = Field(None, description="Namespace that the sender named.")
    environment: str | None = Field(
        None, description="Environment that the sender named; none: the whole tenant."
    )
    references: tuple[str, ...] = Field(
        (), description="Other names that a catalog may know, best first: kind:value."
    )
    operation: Operation = Field(
        "unknown", description="What became of the target as a whole: create, update, delete or unknown."
    )
    title: str = Field(description="What was done, in one line.")
    before: str | None = Field(None, description="Value or version before, where known.")
    after: str | None = Field(None, description="Value or version after, where known.")
    actor: str | None = Field(None, description="Who did it, as the tool names them.")
    effective_at: Micros = Field(description="Event time: when the change took effect.")
    notified_at: Micros | None = Field(
        None, description="Notification time by the sender's own field, if it has one."
    )
    link: str | None = Field(None, description="Address of the change in its tool.")


class Change(ChangeFacts):
    """A value of the topics deploys, flags and configs."""

    original: str = Field("", description="What the tool wrote about this one change: JSON, redacted.")


class Shift(Message):
    """One stretch of time in which one person is on call."""

    start: Micros = Field(description="Start.")
    end: Micros = Field(description="End, not included.")
    person: str = Field(description="Who, as the rota names them.")


class EntityFacts(Message):
    """One entry of the service catalog, one rota, or one runbook of the index."""

    entity: str = Field(
        description="kind:namespace/name, lower case, e.g. component:default/checkout; rota:<name>; runbook:<name>."
    )
    kind: str = Field(description="component, resource, system, api, group, ..., rota, runbook.")
    name: str = Field(description="Short name; the service's name for components.")
    title: str | None = Field(None, description="Name for people, where it differs.")
    owner: str | None = Field(None, description="Owning team, without kind and namespace.")
    system: str | None = Field(None, description="System it belongs to.")
    lifecycle: str | None = Field(None, description="production, experimental, ...")
    depends_on: tuple[str, ...] = Field(
        (),
        description="Entities that it needs, as kind:namespace/name, or service:<name> where only that is known.",
    )
    needed_by: tuple[str, ...] = Field((), description="Entities that need it, named in the same way.")
    references: tuple[str, ...] = Field(
        (), description="Names that other tools have for it, from annotations: kind:value."
    )
    runbook: str | None = Field(None, description="Address of its runbook.")
    link: str | None = Field(None, description="Address of the entry.")
    deleted: bool = Field(False, description="True once it has been taken out of the catalog.")
    about: tuple[str, ...] = Field(
        (), description="What a runbook is for: alert:<name> or service:<name>, lower case."
    )
    reviewed_at: Micros | None = Field(None, description="When a runbook was last reviewed.")
    review_due_at: Micros | None = Field(None, description="When it should be reviewed next.")
    shifts: tuple[Shift, ...] = Field((), description="Who is on call when, for a rota, by start.")
    known_until: Micros | None = Field(None, description="End of the time for which a rota says it.")


class Entity(EntityFacts):
    """A value of the topic catalog."""

    original: str = Field("", description="The entry as it was written: JSON, redacted.")
