# ruff: noqa: S608 - every part of a statement is ours
"""Owns the views for dashboards: open incidents, noise, and the measures that show whether all this helps.

SQL that SQLite and Postgres both know. A replay is nobody's incident and is left out; so is what was merged into
another. May not: hold a row. Goes to: `sinks.views`, docs/tables.md, Grafana, and the metrics of the sink.

Times are microseconds since 1970 UTC; names that end in `_s` are seconds; a day is the number of days since 1970.
"""

from typing import Final, NamedTuple

_DAY: Final = 86_400_000_000


class View(NamedTuple):
    """What a view shows, what each column means, and how it is asked for."""

    says: str
    columns: dict[str, str]
    sql: str


_IDENTITY: Final = {
    "tenant": "tenant",
    "candidate_id": "identity, with the tenant",
    "short_id": "the name that people say and type",
}

_SURVIVORS: Final = View(
    "a row for each candidate: itself, or what it has become part of in the end",
    {
        "tenant": "tenant",
        "candidate_id": "any candidate",
        "survivor": "the candidate that it is, or is part of",
    },
    """
WITH RECURSIVE part(tenant, candidate_id, survivor) AS (
  SELECT tenant, candidate_id, candidate_id FROM candidates WHERE state <> 'merged'
  UNION
  SELECT c.tenant, c.candidate_id, part.survivor
  FROM candidates c JOIN part ON c.tenant = part.tenant AND c.merged_into = part.candidate_id
  WHERE c.state = 'merged'
)
SELECT tenant, candidate_id, survivor FROM part
""",
)
_IN_FORCE: Final = View(
    "a row for each thing that a person has said about an incident and not taken back",
    {
        "tenant": "tenant",
        "candidate_id": "the incident that it counts for, whatever it was merged into since",
        "kind": "what was said",
        "person": "who",
        "given_at": "when",
        "team": "whose it is, of misroute and hand_over",
        "cause": "the cause, of close",
        "source_ref": "the change, of confirm and reject",
    },
    """
SELECT f.tenant, s.survivor AS candidate_id, f.kind, f.person, f.given_at, f.team, f.cause, f.source_ref
FROM feedback f JOIN survivors s ON s.tenant = f.tenant AND s.candidate_id = f.candidate_id
WHERE f.kind <> 'undo' AND NOT EXISTS (
  SELECT 1 FROM feedback u WHERE u.tenant = f.tenant AND u.kind = 'undo' AND u.undoes = f.feedback_id
)
""",
)
_OPEN: Final = View(
    "a row for each incident that is open now",
    {
        **_IDENTITY,
        "environment": "environment",
        "title": "what is failing",
        "severity": "highest severity among its alerts",
        "phase": "provisional or settled",
        "owner": "team that should act",
        "top_suspect": "change that is suspected most; null: none is to blame",
        "opened_at": "onset",
        "last_activity_at": "latest start or end of its alerts",
        "alerts": "different alerts",
        "repeats": "notifications beyond the first of each",
    },
    """
SELECT tenant, candidate_id, short_id, environment, title, severity, phase, owner, top_suspect,
  opened_at, last_activity_at, alerts, repeats
FROM candidates WHERE state = 'open' AND tenant NOT LIKE 'replay-%'
""",
)
_NOISE: Final = View(
    "a row for each service and kind of alert: how much it pages",
    {
        "tenant": "tenant",
        "service": "service; null where an alert names none that is known",
        "alert": "name of the rule",
        "incidents": "incidents that it was part of",
        "alerts": "alerts of it",
        "last_at": "start of the latest",
    },
    """
SELECT tenant, service, alert, count(*) AS incidents, sum(alerts) AS alerts, max(last_at) AS last_at
FROM incident_alerts WHERE tenant NOT LIKE 'replay-%' GROUP BY tenant, service, alert
""",
)
_MEASURES: Final = View(
    "a row for each incident: what it took, and what people have said about it",
    {
        **_IDENTITY,
        "environment": "environment",
        "severity": "highest severity among its alerts",
        "owner": "team that it was given to",
        "opened_at": "onset",
        "day": "day of the onset",
        "arrived_at": "when its first alert had reached the gateway",
        "context_s": "time to context: from there until its first packet could be read",
        "look_s": "until a person first looked at its packet or evidence; null: nobody has",
        "update_s": "until the first internal update was said to be sent; null: none was",
        "notifications": "notifications of its alerts, repeats included",
        "spoken_of": "1 where anybody has said anything about it",
        "misroutes": "how often it was said to be another team's",
        "handoffs": "how often it was handed over",
        "false_page": "1 where it was said to be a false page",
        "over_merges": "how often it was split by a person: what did not belong together had been joined",
    },
    f"""
SELECT c.tenant, c.candidate_id, c.short_id, c.environment, c.severity, c.owner, c.opened_at,
  c.opened_at / {_DAY} AS day, r.arrived_at,
  CAST(p.packet_at - r.arrived_at AS FLOAT) * 0.000001 AS context_s,
  CAST(v.first_at - r.arrived_at AS FLOAT) * 0.000001 AS look_s,
  CAST(f.update_at - r.arrived_at AS FLOAT) * 0.000001 AS update_s,
  c.alerts + c.repeats AS notifications,
  CASE WHEN f.candidate_id IS NULL THEN 0 ELSE 1 END AS spoken_of,
  coalesce(f.misroutes, 0) AS misroutes, coalesce(f.handoffs, 0) AS handoffs,
  coalesce(f.false_page, 0) AS false_page, coalesce(f.over_merges, 0) AS over_merges
FROM candidates c
LEFT JOIN (
  SELECT tenant, candidate_id, min(cut_at) AS arrived_at
  FROM candidate_revisions GROUP BY tenant, candidate_id
) r ON r.tenant = c.tenant AND r.candidate_id = c.candidate_id
LEFT JOIN (
  SELECT tenant, candidate_id, min(stored_at) AS packet_at FROM packets GROUP BY tenant, candidate_id
) p ON p.tenant = c.tenant AND p.candidate_id = c.candidate_id
LEFT JOIN (
  SELECT tenant, candidate_id, min(first_at) AS first_at FROM packet_views GROUP BY tenant, candidate_id
) v ON v.tenant = c.tenant AND v.candidate_id = c.candidate_id
LEFT JOIN (
  SELECT tenant, candidate_id,
    min(CASE WHEN kind = 'update_sent' THEN given_at END) AS update_at,
    sum(CASE WHEN kind = 'misroute' THEN 1 ELSE 0 END) AS misroutes,
    sum(CASE WHEN kind = 'hand_over' THEN 1 ELSE 0 END) AS handoffs,
    max(CASE WHEN kind = 'false_page' THEN 1 ELSE 0 END) AS false_page,
    sum(CASE WHEN kind = 'split' THEN 1 ELSE 0 END) AS over_merges
  FROM feedback_in_force GROUP BY tenant, candidate_id
) f ON f.tenant = c.tenant AND f.candidate_id = c.candidate_id
WHERE c.state <> 'merged' AND c.tenant NOT LIKE 'replay-%'
""",
)


def _ranked(column: str) -> str:
    """The rank of a value among those of its day that are known, and how many of them there are."""
    of_day = f"OVER (PARTITION BY tenant, day, {column} IS NULL"
    return f"row_number() {of_day} ORDER BY {column}) AS {column}_rank, count(*) {of_day}) AS {column}_known"


def _percentile(column: str, share: int) -> str:
    """The least value that so many in a hundred do not exceed."""
    reached = f"{column}_rank * 100 >= {column}_known * {share}"
    return f"min(CASE WHEN {column} IS NOT NULL AND {reached} THEN {column} END)"


_SPREAD: Final = ("context_s", "look_s", "update_s")
_BY_DAY: Final = View(
    "a row for each day on which incidents began: the measures of the maturity model's Level 1. A percentile is the "
    "least value that so many of the known ones do not exceed. Shares that only people can tell are null while nobody "
    "has said anything about an incident of that day",
    {
        "tenant": "tenant",
        "day": "day of the onset",
        "incidents": "incidents",
        "context_p50_s": "time to context, median",
        "context_p90_s": "time to context, 90th percentile",
        "looked_at": "incidents whose packet somebody has looked at",
        "look_p50_s": "time to the first look, median",
        "notifications": "notifications of alerts",
        "dedupe_ratio": "share of notifications that needed no incident of their own; read it with `over_merges`",
        "over_merges": "splits by people: what did not belong together had been joined",
        "spoken_of": "incidents about which anybody has said anything",
        "false_page_ratio": "share of incidents said to be false pages",
        "misroute_ratio": "share of incidents said to be another team's",
        "handoffs": "how often an incident was handed over",
        "updated": "incidents of which an internal update was sent",
        "update_p50_s": "time to the first internal update, median",
        "update_p90_s": "time to the first internal update, 90th percentile",
    },
    f"""
SELECT tenant, day, count(*) AS incidents,
  {_percentile("context_s", 50)} AS context_p50_s, {_percentile("context_s", 90)} AS context_p90_s,
  count(look_s) AS looked_at, {_percentile("look_s", 50)} AS look_p50_s,
  sum(notifications) AS notifications,
  1 - CAST(count(*) AS FLOAT) / sum(notifications) AS dedupe_ratio, sum(over_merges) AS over_merges,
  sum(spoken_of) AS spoken_of,
  CASE WHEN sum(spoken_of) > 0 THEN CAST(sum(false_page) AS FLOAT) / count(*) END AS false_page_ratio,
  CASE WHEN sum(spoken_of) > 0
    THEN CAST(sum(CASE WHEN misroutes > 0 THEN 1 ELSE 0 END) AS FLOAT) / count(*) END AS misroute_ratio,
  sum(handoffs) AS handoffs, count(update_s) AS updated,
  {_percentile("update_s", 50)} AS update_p50_s, {_percentile("update_s", 90)} AS update_p90_s
FROM (SELECT m.*, {", ".join(map(_ranked, _SPREAD))} FROM incident_measures m) ranked
GROUP BY tenant, day
""",
)
_MISROUTED: Final = View(
    "a row for each time a person said that an incident was another team's, or handed it over",
    {
        **_IDENTITY,
        "kind": "misroute or hand_over",
        "given_at": "when",
        "person": "who said so",
        "owner": "team that the incident is given to",
        "team": "team that it was said to be of; null where none was named",
    },
    """
SELECT c.tenant, c.candidate_id, c.short_id, f.kind, f.given_at, f.person, c.owner, f.team
FROM feedback_in_force f JOIN candidates c ON c.tenant = f.tenant AND c.candidate_id = f.candidate_id
WHERE f.kind IN ('misroute', 'hand_over') AND c.tenant NOT LIKE 'replay-%'
""",
)

DASHBOARD_VIEWS: Final[dict[str, View]] = {
    "survivors": _SURVIVORS,
    "feedback_in_force": _IN_FORCE,
    "open_incidents": _OPEN,
    "noise_by_service": _NOISE,
    "incident_measures": _MEASURES,
    "measures_by_day": _BY_DAY,
    "misrouted": _MISROUTED,
}
"""By name, each after what it asks."""
