"""All settings, in small groups. Pure values: the command line reads the file, the fold gets the values.

Lengths of time are seconds in the file. The hash of what the fold uses is part of every revision.
"""

from base64 import b64decode
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from schemas.identity import content_hash
from schemas.model import Message
from schemas.page_settings import PageSettings
from schemas.times import SECOND

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
        description="Other spellings, namespaces or clusters, to the environment that they mean.",
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


class CorrelationSettings(Message):
    """When alerts belong together."""

    hold_s: float = Field(
        30.0, description="Age below which a candidate is provisional and proposes nothing."
    )
    lateness_s: float = Field(
        120.0,
        description="How long after its notification a signal waits for its neighbours before it settles.",
    )
    life_s: float = Field(
        1800.0, description="Longest stretch of starts in one candidate; then a linked continuation."
    )
    max_members: int = Field(2000, ge=1, description="Alerts in one candidate; then a linked continuation.")
    step_s: float = Field(
        10.0, description="Grid of the fold's clock on which signals settle and unurgent revisions are cut."
    )
    repeats_s: float = Field(
        60.0, description="Pause between two revisions that differ in nothing but the repeats."
    )
    hops: int = Field(3, description="Longest path of dependencies that trouble travels.")
    hub_degree: int = Field(
        8, description="Services with more callers than this tie nothing together by being shared."
    )
    base: float = Field(
        0.68, description="Score of two alerts before anything is known; above zero they are one."
    )
    apart: float = Field(
        1.16, description="Loss of score with the time between two starts: times ln(1 + time / unit)."
    )
    time_unit_s: float = Field(
        120.0,
        gt=0,
        description="Unit of that time for senders that evaluate every minute; it grows with their period.",
    )
    common_source: tuple[float, ...] = Field(
        (0.39, 0.12, -0.07, -0.25, -0.25, -0.4, -0.53),
        min_length=2,
        description="Worth of a common source that is 0, 1, 2 ... dependencies away from both together; the last also beyond.",
    )
    unknown_service: float = Field(
        -2.5, description="Worth where the graph does not know one of the services, nor a namespace of both."
    )
    other_system: float = Field(-5.0, description="Worth where no path joins the two services.")
    still_firing: float = Field(
        1.09, description="Worth of the earlier alert still firing when the later starts."
    )
    same_name: float = Field(0.29, description="Worth of the same alert rule.")
    same_alert: float = Field(0.25, description="Worth of the same fingerprint.")
    workloads: float = Field(
        0.61, description="Worth of both telling of workloads: pods, processors, memory."
    )
    workload_and_service: float = Field(-0.21, description="Worth of only one of them telling of a workload.")
    quiet: float = Field(
        0.46,
        description="Loss of score with the time since the candidate's latest start: times ln(1 + periods).",
    )
    quiet_s: float = Field(
        3600.0, description="Time after its latest start at which a candidate is joined no more."
    )
    rate: float = Field(
        0.16,
        description="Loss of score with the rate of alerts: times ln(1 + alerts a minute in the last half hour).",
    )
    split_cap: float = Field(3.0, description="Most that an alert may cost which a source does not explain.")
    split_price: float = Field(6.4, description="What a second source must save, in dependencies.")
    split_price_each: float = Field(0.2, description="What it must save for each alert besides.")
    split_price_changed: float = Field(
        0.7, description="What that price falls by for each of the two sources that was changed."
    )
    split_change: float = Field(
        0.9, description="What an alert costs less from a source that was just changed."
    )
    split_change_s: float = Field(900.0, description="How long before an alert a change may be its source.")
    split_pause: float = Field(
        1.7, description="Periods that two sources must have begun apart, where neither was changed."
    )
    retention_s: float = Field(
        86_400.0, description="How long after their last activity signals stay in the fold."
    )
    max_alerts: int = Field(
        100_000, description="Alerts kept in one scope; above it the oldest are evicted, counted."
    )
    future_s: float = Field(
        60.0, description="Starts further ahead of their ingest time than this count from the ingest time."
    )


class RankingSettings(Message):
    """Which change is suspected, and whether any."""

    look_back_s: float = Field(7200.0, description="How long before the onset a change counts.")
    look_ahead_s: float = Field(600.0, description="How long after the onset a change counts.")
    skew_s: float = Field(60.0, description="Clock difference between senders that is allowed for.")
    half_life_s: dict[str, float] = Field(
        {"deploy": 900.0, "flag": 480.0, "config": 600.0},
        description="Lag at which a change's weight has halved, by kind.",
    )
    prior: dict[str, float] = Field(
        {"deploy": 0.3, "flag": 0.75, "config": 1.0},
        description="Weight of a change by kind, before anything else is known.",
    )
    place: tuple[float, ...] = Field(
        (1.0, 0.67, 0.43, 0.2, 0.12, 0.05),
        min_length=1,
        description="Weight of a change for an alert that trouble reaches at a cost of 0, 1, 2 ... dependencies.",
    )
    by_name: float = Field(
        0.78, description="Weight of a tie by a service's name in the name of what was changed."
    )
    namespace: float = Field(
        0.15, description="Weight of a change of a whole namespace for each alert in it."
    )
    unmapped: float = Field(0.03, description="Weight of a change that nothing ties to a service.")
    minor: dict[str, float] = Field(
        {"horizontalpodautoscalers": 0.4},
        description="Weight of changes of a kind of object that seldom breaks anything, by resource.",
    )
    late_by: float = Field(
        0.56, description="What half-lives grow by with each second of a sender's period over a minute."
    )
    returned: float = Field(0.3, description="Weight of a change back to the value that its target rests at.")
    superseded: float = Field(
        0.1, description="Weight of a change whose target was changed again before the first alert."
    )
    cleared: float = Field(
        3.4, description="Weight of a change whose target was changed again as the alerts cleared."
    )
    clears_s: float = Field(
        600.0, description="How soon after it alerts end that a change clears, but for their period."
    )
    clears_share: float = Field(0.6, description="Share of the alerts that must end by then.")
    clears_but: float = Field(0.2, description="Share of the alerts that may begin after it nevertheless.")
    outlived: float = Field(
        0.25, description="Weight of a change that is still in force though all alerts have ended."
    )
    after_onset: float = Field(0.12, description="Lag weight of a change after the onset, within the skew.")
    long_after_onset: float = Field(
        0.015, description="Lag weight of a change later than that; a cause comes first."
    )
    propose_from: float = Field(
        0.4, description="Belief in the top suspect from which an action is proposed."
    )
    no_change: float = Field(0.12, description="Weight of the answer that no change is to blame.")
    withdraw_below: float = Field(
        0.25,
        description="Belief below which a proposed action is withdrawn; lower, so that it does not flap.",
    )
    max_suspects: int = Field(5, description="Suspects named in a packet.")


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
    state: StateSettings = StateSettings()
    audit: AuditSettings = AuditSettings()
    sink: SinkSettings = SinkSettings()
    page: PageSettings = PageSettings()

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
        decisive = self.model_dump_json(include={"tenants", "correlation", "ranking"}, exclude=keys)
        return content_hash(decisive.encode())[:16]
