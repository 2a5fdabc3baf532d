"""All settings, in small groups. Pure values: the command line reads the file, the fold gets the values.

Lengths of time are seconds in the file. The hash of what the fold uses is part of every revision.
"""

from base64 import b64decode
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from schemas.identity import content_hash
from schemas.model import Message
from schemas.page_settings import PageSettings
from schemas.querying import QuerierSettings
from schemas.thresholds import CorrelationSettings, FeedSettings, RankingSettings
from schemas.times import SECOND
from schemas.tracing import TracingSettings

REPLAY_PREFIX: Final = "replay-"
"""Tenants whose name starts so are replays: recorded time, own clock, hidden from lists unless asked for."""


SigningSource = Literal["flagsmith", "github", "gitlab", "launchdarkly", "pagerduty", "terraform"]
"""Sources whose senders can sign what they send."""
STANDARD_SECRET: Final = "whsec_"  # noqa: S105 - how one begins
"""How a secret begins that stands for a key in Base64, by the Standard Webhooks specification."""


def _secret(text: str) -> str:
    if text.startswith(STANDARD_SECRET):
        try:
            b64decode(text.removeprefix(STANDARD_SECRET), validate=True)
        except ValueError as wrong:
            raise ValueError(f"what follows {STANDARD_SECRET} is no Base64: copy the token whole") from wrong
    return text


Secret = Annotated[str, Field(min_length=8), AfterValidator(_secret)]


def is_replay(tenant: str) -> bool:
    """True for a tenant that lives in recorded time."""
    return tenant.startswith(REPLAY_PREFIX)


def micros(seconds: float) -> int:
    """A setting in seconds as microseconds."""
    return round(seconds * SECOND)


class TenantSettings(Message):
    """One tenant: who may publish for it, and how environments are named."""

    name: str = Field(
        description="Name of the tenant; part of every key.", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$"
    )
    token_sha256: str | None = Field(
        None, description="SHA-256 of its bearer token; none: the route alone names the tenant."
    )
    signing_secrets: dict[SigningSource, Annotated[tuple[Secret, ...], Field(min_length=1)]] = Field(
        {},
        repr=False,
        description="Secrets by source, for senders that sign; several while one takes over from the other. A source"
        " with secrets takes nothing unsigned, and needs no token.",
    )
    default_environment: str = Field("production", description="Scope of alerts that name no environment.")
    environments: dict[str, str] = Field(
        {
            "prod": "production",
            "prd": "production",
            "live": "production",
            "stage": "staging",
            "stg": "staging",
        },
        description="Other spellings, namespaces or clusters, to the environment that they mean. A list of yours"
        " takes the place of this one.",
    )


class KafkaSettings(Message):
    """Where Kafka is, and how topics are laid out."""

    bootstrap: str = Field("127.0.0.1:9092", description="host:port, several separated by commas.")
    partitions: int = Field(
        4, ge=1, le=1000, description="Partitions of every topic; fixed for signals once created."
    )
    replication: int = Field(1, ge=1, le=7, description="Copies of every partition; 3 in production.")


class GatewaySettings(Message):
    """The way in over HTTP."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    max_body_bytes: int = Field(1_000_000, description="Largest delivery that is accepted; more is 413.")
    max_waiting: int = Field(500, description="Deliveries waiting for the broker at once; more is 429.")
    requests_per_s: float = Field(
        1_000.0,
        gt=0,
        description="Deliveries a second of one sender (a tenant with a source), of which half a minute's may come at "
        "once; more is 429 with the time to wait.",
    )
    slow_s: float = Field(
        10.0,
        gt=0,
        description="How long a sender may take for its headers, and again for its body; a slower one is cut off.",
    )
    letter_bytes_per_hour: int = Field(
        32_000_000,
        ge=0,
        description="What one sender may have kept in dead-letters; beyond it what is wholly refused gets 429, and "
        "of partly good deliveries only hash and size of what is refused are kept.",
    )
    ack_timeout_s: float = Field(10.0, description="How long to wait for the broker; longer is 503.")
    replay_token_sha256: str | None = Field(
        None, description="SHA-256 of the token that replay tenants need; none: no replay."
    )


class StateSettings(Message):
    """Snapshots of the fold."""

    snapshot_every_s: float = Field(5.0, description="Shortest pause between two snapshots of a partition.")
    snapshot_at_least_s: float = Field(300.0, description="Longest pause under traffic.")
    refold_s: float = Field(
        2.0, description="A snapshot is due when refolding since the last would take longer."
    )
    signals_kept_s: float = Field(
        604_800.0, description="Age at which signals are deleted, if two snapshots no longer need them."
    )
    trim_every_s: float = Field(3600.0, description="Shortest pause between two deletions.")
    chunk_bytes: int = Field(500_000, description="Size of one piece of a snapshot.")


class AuditSettings(Message):
    """The audit log: its name, and the key that signs it. The key belongs where no worker runs."""

    log: str = Field(
        "incidents/audit",
        pattern=r"^[^\s+]+$",
        description="Name of the log in its checkpoints, better one of yours: example.com/audit.",
    )
    key_file: str = Field(
        "audit-signing.key",
        description="The auditor's signing key; made at its first start for its owner alone (mode 0600). "
        "The public half is beside it, with .pub at the end.",
    )
    checkpoint_s: float = Field(
        5.0, gt=0, le=10, description="Longest pause between a line of the log and a signature over it."
    )

    @property
    def public_file(self) -> str:
        """Path of the file with the public keys, one a line."""
        return f"{self.key_file}.pub"


class SinkSettings(Message):
    """Tables."""

    database: str = Field("sqlite:///incidents.db", description="SQLAlchemy address of the database.")
    incidents_kept_days: float = Field(
        730.0,
        ge=1,
        description="Days from storing its last packet until an incident is deleted, packets included.",
    )
    revisions_kept_days: float = Field(
        30.0, ge=1, description="Days until revisions between an incident's first and its last are deleted."
    )
    replays_kept_days: float = Field(30.0, ge=1, description="Days until a replay's incidents are deleted.")
    changes_kept_days: float = Field(
        90.0,
        ge=1,
        description="Days since it took effect until a change is deleted; what a packet cites of it stays.",
    )
    letters_kept_days: float = Field(30.0, ge=1, description="Days until dead letters are deleted.")
    retention_every_s: float = Field(
        3600.0,
        gt=0,
        description="Pause between two rounds of deleting what is old; the audit is never deleted.",
    )
    measures_days: float = Field(
        30.0, gt=0, description="Days of incidents that the measures among the metrics are taken over."
    )


def _distinct(tenants: tuple[TenantSettings, ...]) -> tuple[TenantSettings, ...]:
    names = [tenant.name for tenant in tenants]
    if not names:
        raise ValueError(
            "there is no tenant: leave tenants out for one that is called default, or declare one"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"tenant {twice[0]} is declared twice: give each a name of its own")
    return tenants


class Settings(Message):
    """Everything that can be set."""

    kafka: KafkaSettings = KafkaSettings()
    gateway: GatewaySettings = GatewaySettings()
    tenants: Annotated[tuple[TenantSettings, ...], AfterValidator(_distinct)] = (
        TenantSettings(name="default"),
    )
    correlation: CorrelationSettings = CorrelationSettings()
    ranking: RankingSettings = RankingSettings()
    feeds: FeedSettings = FeedSettings()
    querier: QuerierSettings = QuerierSettings()
    state: StateSettings = StateSettings()
    audit: AuditSettings = AuditSettings()
    sink: SinkSettings = SinkSettings()
    page: PageSettings = PageSettings()
    tracing: TracingSettings = TracingSettings()

    def tenant(self, name: str) -> TenantSettings | None:
        """The settings of a tenant; replay tenants have those of the first tenant; None when it is unknown."""
        for tenant in self.tenants:
            if tenant.name == name:
                return tenant
        return (
            self.tenants[0].model_copy(update={"name": name, "token_sha256": None, "signing_secrets": {}})
            if is_replay(name)
            else None
        )

    def secrets_of(self, tenant: str, source: str) -> tuple[str, ...]:
        """The secrets with which a source may sign what it sends to a tenant; none where it need not sign."""
        known = self.tenant(tenant)
        several = known.signing_secrets.items() if known else ()
        return next((secrets for name, secrets in several if name == source), ())

    def fold_hash(self) -> str:
        """16 hexadecimal digits over the settings that decide what the fold says; no key of a sender is in it."""
        keys = {"tenants": {"__all__": {"token_sha256", "signing_secrets"}}}
        decisive = self.model_dump_json(include={"tenants", "correlation", "ranking", "feeds"}, exclude=keys)
        asked = sorted(source.tenant for source in self.querier.prometheus)
        return content_hash(f"{decisive}{asked}".encode())[:16]
