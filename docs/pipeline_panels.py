"""Owns the panels of the dashboard *Pipeline*: what each asks Prometheus, and what that means.

Metrics are those of `schemas.metrics`. Goes to: `docs.dashboards`.
"""

from typing import Final

from docs.dashboard_json import Panel

_RATE: Final = "[$__rate_interval]"


def _quantile(share: float) -> str:
    return f"histogram_quantile({share}, sum by (le, hop) (rate(incidents_hop_seconds_bucket{_RATE})))"


PIPELINE_PANELS: Final = (
    Panel(
        "Processes that answer",
        "stat",
        {"": 'sum(up{job="incidents"})'},
        "How many processes Prometheus reaches",
        width=6,
    ),
    Panel(
        "Longest wait for a signature",
        "stat",
        {"": "max(incidents_audit_unsigned_seconds)"},
        "Lines of the audit log without a signed checkpoint; 0: all are signed",
        "s",
        6,
    ),
    Panel(
        "Claims without proof",
        "stat",
        {"": "sum(increase(incidents_unproven_claims_total[24h]))"},
        "Claims of the last day whose values do not stand in what they cite; each is a defect",
        width=6,
    ),
    Panel(
        "Bounds met",
        "stat",
        {"": "sum(increase(incidents_limit_hits_total[24h]))"},
        "How often in the last day something was refused or dropped because a bound was reached",
        width=6,
    ),
    Panel("Hops, median", "timeseries", {"{{hop}}": _quantile(0.5)}, "Time to the end of each step", "s"),
    Panel("Hops, 99 %", "timeseries", {"{{hop}}": _quantile(0.99)}, "Time to the end of each step", "s"),
    Panel(
        "Records that wait",
        "timeseries",
        {"{{topic}}": "sum by (topic) (incidents_consumer_lag_records)"},
        "Lag of every reader, summed over partitions",
    ),
    Panel(
        "Delay of event time",
        "timeseries",
        {
            "fold {{partition}}": "max by (partition) (incidents_event_time_delay_seconds)",
            "input {{topic}}": "max by (topic) (incidents_input_delay_seconds)",
        },
        "How far the clocks of the folds, and the inputs that hold them back, are behind the time of day",
        "s",
    ),
    Panel(
        "Deliveries",
        "timeseries",
        {"{{source}} {{code}}": f"sum by (source, code) (rate(incidents_requests_total{_RATE}))"},
        "Answers of the gateway a second",
        "reqps",
    ),
    Panel(
        "Alerts and revisions",
        "timeseries",
        {
            "notifications": f"sum(rate(incidents_notifications_total{_RATE}))",
            "repeats among them": f"sum(rate(incidents_deduplicated_total{_RATE}))",
            "revisions": f"sum(rate(incidents_revisions_total{_RATE}))",
        },
        "What was folded a second, and the revisions of candidates that were cut",
        "cps",
    ),
    Panel(
        "Dead letters",
        "timeseries",
        {"{{finder}}: {{reason}}": "sum by (finder, reason) (increase(incidents_dead_letters_total[15m]))"},
        "What was not understood within 15 minutes; `incidents dead-letters list` shows it",
    ),
    Panel(
        "Bounds: share in use",
        "timeseries",
        {"{{limit}}": "max by (limit) (incidents_limit_used / incidents_limit)"},
        "How much of each bound is used; at 1 something is refused or dropped, and counted",
        "percentunit",
    ),
    Panel(
        "State",
        "timeseries",
        {"{{what}}": "sum by (what) (incidents_state_items)"},
        "What the folds remember",
    ),
    Panel(
        "Snapshots: size",
        "timeseries",
        {"{{partition}}": "max by (partition) (incidents_snapshot_bytes)"},
        "Size of the last snapshot",
        "bytes",
        6,
    ),
    Panel(
        "Snapshots: age",
        "timeseries",
        {"{{partition}}": "max by (partition) (incidents_snapshot_age_seconds)"},
        "The older, the longer the next start takes",
        "s",
        6,
    ),
    Panel(
        "Audit: age of the last checkpoint",
        "timeseries",
        {"{{partition}}": "max by (partition) (incidents_audit_checkpoint_age_seconds)"},
        "A quiet partition is not signed again, so age alone is no fault; lines that wait are",
        "s",
    ),
    Panel(
        "Memory",
        "timeseries",
        {"{{instance}}": 'process_resident_memory_bytes{job="incidents"}'},
        "Resident memory of each process",
        "bytes",
    ),
)
