"""Every metric of every process: its name, what it says, its labels. The one place where a metric is declared.

Pure words: `wire.meters` counts with them, docs/metrics.md is made from them, and alert rules and dashboards may name
no other. A label's values are few and ours: no name that a sender chose is one, since each value is kept for ever.
"""

from dataclasses import dataclass
from typing import Final, Literal

Hop = Literal["delivery", "append", "routed", "folded", "audited", "stored"]
"""The steps of the way from a sender to a readable row, in order."""
LimitName = Literal[
    "waiting_deliveries",
    "sender_requests",
    "delivery_bytes",
    "delivery_seconds",
    "letter_bytes",
    "unacknowledged_records",
    "scope_alerts",
    "candidate_alerts",
    "message_bytes",
    "reader_requests",
    "page_streams",
]
"""What is bounded while it grows; a new bound is named here, and told by `wire.meters.bound` and `wire.meters.hit`."""

_FAST: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Counter:
    """What only grows while a process lives. Its name ends in `_total`."""

    name: str
    says: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gauge:
    """What is so now."""

    name: str
    says: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    """How long something took, in seconds: Prometheus adds `_bucket`, `_sum` and `_count` to its name."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = _FAST


Metric = Counter | Gauge | Histogram

PROCESS: Final = Gauge(
    "incidents_process_info", "1; which process this is, of which build", ("process", "build")
)
READY: Final = Gauge("incidents_ready", "1 once the process can do its work, as GET /healthz says")

HOP_SECONDS: Final = Histogram(
    "incidents_hop_seconds",
    "Time to the end of one step: `delivery` from a request to its answer, `append` from sending records to Kafka's "
    "acknowledgement; all others from when Kafka had the oldest record of a batch: `routed` until its signals, "
    "`folded` until what follows from it, `audited` until its line in the audit log is confirmed, `stored` until its "
    "rows can be read",
    ("hop",),
)
LAG: Final = Gauge(
    "incidents_consumer_lag_records",
    "Records that wait to be read, by what is asked of Kafka every 5 s; ends of transactions count as records",
    ("topic", "partition"),
)

REQUESTS: Final = Counter(
    "incidents_requests_total", "Deliveries and ticks answered by the gateway", ("source", "code")
)
PUBLISHED: Final = Counter(
    "incidents_published_records_total", "Records that the gateway has published", ("topic",)
)
UNSIGNED: Final = Counter(
    "incidents_signature_failures_total", "Deliveries without a right signature", ("source", "reason")
)
OVER_QUOTA: Final = Counter(
    "incidents_quota_refusals_total",
    "Deliveries of which nothing more is kept in dead-letters for now",
    ("source",),
)
DEAD_LETTERS: Final = Counter(
    "incidents_dead_letters_total",
    "What could not be understood, by the process that found it",
    ("finder", "reason"),
)

ROUTED: Final = Counter(
    "incidents_routed_records_total", "Records of input topics that were routed, ticks included", ("topic",)
)
NOTIFICATIONS: Final = Counter(
    "incidents_notifications_total", "Notifications of alerts that were folded, each once"
)
DEDUPLICATED: Final = Counter(
    "incidents_deduplicated_total", "Those among them that repeat an alert that was known already"
)
OUTPUTS: Final = Counter("incidents_outputs_total", "Messages that the fold has sent", ("topic",))
REVISIONS: Final = Counter("incidents_revisions_total", "Revisions of candidates that were cut")
EVENT_TIME_DELAY: Final = Gauge(
    "incidents_event_time_delay_seconds",
    "How far the clock of a fold is behind the time of day",
    ("partition",),
)
INPUT_DELAY: Final = Gauge(
    "incidents_input_delay_seconds",
    "How far the marks of an input partition are behind the time of day: the oldest holds the clock back",
    ("topic", "partition"),
)
STATE: Final = Gauge(
    "incidents_state_items",
    "What the fold of a partition of signals remembers: scopes, alerts, candidates, changes, entities",
    ("partition", "what"),
)
LARGEST_SCOPE: Final = Gauge(
    "incidents_largest_scope_items",
    "The most that one scope of the partition holds: alerts, candidates",
    ("partition", "what"),
)
SNAPSHOT_AGE: Final = Gauge(
    "incidents_snapshot_age_seconds",
    "Time since the last snapshot, or since the partition was taken over",
    ("partition",),
)
SNAPSHOT_BYTES: Final = Gauge("incidents_snapshot_bytes", "Size of the last snapshot", ("partition",))

AUDIT_LINES: Final = Counter("incidents_audit_lines_total", "Lines that were put on record")
AUDIT_SEQUENCE: Final = Gauge(
    "incidents_audit_sequence", "Number that the next line will have", ("partition",)
)
AUDIT_UNSIGNED: Final = Gauge(
    "incidents_audit_unsigned_seconds",
    "How long lines have waited for their signature; 0 where all are signed",
    ("partition",),
)
CHECKPOINT_AGE: Final = Gauge(
    "incidents_audit_checkpoint_age_seconds",
    "Time since this process last signed; a quiet partition is not signed again",
    ("partition",),
)

ROWS: Final = Counter("incidents_stored_records_total", "Records that the sink has stored", ("topic",))
UNPROVEN: Final = Counter(
    "incidents_unproven_claims_total",
    "Claims whose values do not stand in the originals that they cite",
)

PAGE_REQUESTS: Final = Counter("incidents_page_requests_total", "Requests to the page", ("page", "code"))
PAGE_SECONDS: Final = Histogram(
    "incidents_page_seconds", "Time from a request to the first byte of its answer", ("page",)
)

INCIDENTS: Final = Gauge(
    "incidents_measured",
    "Incidents that began within `sink.measures_days`: what the measures are of",
    ("tenant",),
)
TIME_TO_CONTEXT: Final = Gauge(
    "incidents_time_to_context_seconds",
    "From the arrival of an incident's first alert until its first packet could be read; quantile 0.5 or 0.9",
    ("tenant", "quantile"),
)
TIME_TO_UPDATE: Final = Gauge(
    "incidents_time_to_first_update_seconds",
    "From there until the first internal update was said to be sent; quantile 0.5 or 0.9",
    ("tenant", "quantile"),
)
DEDUPE_RATIO: Final = Gauge(
    "incidents_dedupe_ratio",
    "Share of notifications that needed no incident of their own; read it with the over-merges",
    ("tenant",),
)
OVER_MERGES: Final = Gauge(
    "incidents_over_merge_reports",
    "Splits by people: what did not belong together had been joined",
    ("tenant",),
)
FALSE_PAGE_RATIO: Final = Gauge(
    "incidents_false_page_ratio",
    "Share of incidents said to be false pages; none while nobody has said anything",
    ("tenant",),
)
MISROUTE_RATIO: Final = Gauge(
    "incidents_misroute_ratio",
    "Share of incidents said to be another team's; none while nobody has said anything",
    ("tenant",),
)
HANDOFFS: Final = Gauge("incidents_handoffs", "How often incidents were handed over", ("tenant",))

LIMIT: Final = Gauge("incidents_limit", "The most that may be", ("limit",))
LIMIT_USED: Final = Gauge("incidents_limit_used", "How much of it there is now", ("limit",))
LIMIT_HITS: Final = Counter(
    "incidents_limit_hits_total", "How often it was reached, and something was refused or dropped", ("limit",)
)

METRICS: Final[tuple[Metric, ...]] = (
    *(PROCESS, READY, HOP_SECONDS, LAG),
    *(REQUESTS, PUBLISHED, UNSIGNED, OVER_QUOTA, DEAD_LETTERS),
    *(ROUTED, NOTIFICATIONS, DEDUPLICATED, OUTPUTS, REVISIONS),
    *(EVENT_TIME_DELAY, INPUT_DELAY, STATE, LARGEST_SCOPE, SNAPSHOT_AGE, SNAPSHOT_BYTES),
    *(AUDIT_LINES, AUDIT_SEQUENCE, AUDIT_UNSIGNED, CHECKPOINT_AGE),
    *(ROWS, UNPROVEN, PAGE_REQUESTS, PAGE_SECONDS),
    *(INCIDENTS, TIME_TO_CONTEXT, TIME_TO_UPDATE, DEDUPE_RATIO, OVER_MERGES),
    *(FALSE_PAGE_RATIO, MISROUTE_RATIO, HANDOFFS, LIMIT, LIMIT_USED, LIMIT_HITS),
)
"""All of them, in the order in which the data moves."""
