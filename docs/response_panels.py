# ruff: noqa: S608 - every part of a statement is ours
"""Owns the panels of the dashboard *Response*: what each asks the views, and what that means.

The views are asked by the login that reads nothing else. Goes to: `docs.dashboards`.
"""

from typing import Final

from docs.dashboard_json import Panel

_OURS: Final = "tenant IN (${tenant:sqlstring})"
_DAYS: Final = f"{_OURS} AND $__timeFilter(to_timestamp(day * 86400))"
_OPENED: Final = f"{_OURS} AND $__timeFilter(to_timestamp(opened_at / 1e6))"


def _time(column: str) -> str:
    """A column of microseconds as Postgres shows a time."""
    return f"to_timestamp({column} / 1e6) AS {column}"


def _by_day(*columns: str) -> dict[str, str]:
    """A curve a tenant for each measure of a day."""
    shown = ", ".join(f'{column} AS "{column}"' for column in columns)
    return {
        "": f"SELECT to_timestamp(day * 86400) AS time, tenant AS metric, {shown} "
        f"FROM measures_by_day WHERE {_DAYS} ORDER BY 1"
    }


def _over_all(what: str) -> dict[str, str]:
    """One number over the incidents of the time that is looked at."""
    return {"": f"SELECT {what} FROM incident_measures WHERE {_OPENED}"}


def _percentile(column: str, share: float) -> str:
    return f"percentile_disc({share}) WITHIN GROUP (ORDER BY {column})"


RESPONSE_PANELS: Final = (
    Panel(
        "Open incidents",
        "table",
        {
            "": f"SELECT {_time('opened_at')}, short_id, severity, title, owner, top_suspect, phase, alerts, repeats, "
            f"{_time('last_activity_at')} FROM open_incidents WHERE {_OURS} "
            "ORDER BY open_incidents.opened_at DESC LIMIT 200"
        },
        "What is open now, whatever time is chosen; the latest first, at most 200",
        width=24,
    ),
    Panel(
        "Time to context, median",
        "stat",
        _over_all(_percentile("context_s", 0.5)),
        "From an incident's first alert at the gateway until its first packet could be read",
        "s",
        4,
    ),
    Panel(
        "Time to context, 90 %",
        "stat",
        _over_all(_percentile("context_s", 0.9)),
        "Nine of ten incidents had their first packet within this time",
        "s",
        4,
    ),
    Panel(
        "Time to first update, median",
        "stat",
        _over_all(_percentile("update_s", 0.5)),
        "Until the first internal update was said to be sent; of those incidents for which one was",
        "s",
        4,
    ),
    Panel(
        "Dedupe ratio",
        "stat",
        _over_all("1 - count(*)::float / nullif(sum(notifications), 0)"),
        "Share of notifications that needed no incident of their own; a high one is good only with few over-merges",
        "percentunit",
        4,
    ),
    Panel(
        "Over-merge reports",
        "stat",
        _over_all("coalesce(sum(over_merges), 0)"),
        "Splits by people: what did not belong together had been joined",
        width=4,
    ),
    Panel(
        "False pages",
        "stat",
        _over_all("sum(false_page)::float / nullif(count(*) * least(sum(spoken_of), 1), 0)"),
        "Share of incidents said to be false pages; not known while nobody has said anything about any",
        "percentunit",
        4,
    ),
    Panel(
        "Time to context by day",
        "timeseries",
        _by_day("context_p50_s", "context_p90_s"),
        "Median and 90th percentile of the incidents that began on a day",
        "s",
    ),
    Panel(
        "Time to first internal update by day",
        "timeseries",
        _by_day("update_p50_s", "update_p90_s"),
        "Median and 90th percentile, of those incidents for which one was said to be sent",
        "s",
    ),
    Panel(
        "Dedupe ratio by day",
        "timeseries",
        _by_day("dedupe_ratio"),
        "Read it with the over-merges beside it: joining everything would give a high one",
        "percentunit",
        8,
    ),
    Panel(
        "Over-merge reports and hand-overs by day",
        "timeseries",
        _by_day("over_merges", "handoffs"),
        "How often people split an incident, and handed one over",
        width=8,
    ),
    Panel(
        "False pages and misroutes by day",
        "timeseries",
        _by_day("false_page_ratio", "misroute_ratio"),
        "Shares of incidents; no point on days about which nobody has said anything",
        "percentunit",
        8,
    ),
    Panel(
        "Misroutes and hand-overs",
        "table",
        {
            "": f"SELECT {_time('given_at')}, short_id, kind, owner, team, person FROM misrouted "
            f"WHERE {_OURS} AND $__timeFilter(to_timestamp(misrouted.given_at / 1e6)) "
            "ORDER BY misrouted.given_at DESC LIMIT 200"
        },
        "Who said that an incident was another team's, or handed it over; `owner` is the team that it was given to",
    ),
    Panel(
        "Noise per service",
        "table",
        {
            "": f"SELECT service, alert, incidents, alerts, {_time('last_at')} FROM noise_by_service "
            f"WHERE {_OURS} ORDER BY incidents DESC, alerts DESC LIMIT 100"
        },
        "What pages most, over all that is stored, whatever time is chosen; no service: none that is known",
    ),
    Panel(
        "Changes and what followed",
        "table",
        {
            "": f"SELECT {_time('effective_at')}, source_ref, suspected, short_id, severity, title, owner, state, "
            f"{_time('opened_at')} FROM changes_followed "
            f"WHERE {_OURS} AND $__timeFilter(to_timestamp(changes_followed.effective_at / 1e6)) "
            "ORDER BY changes_followed.effective_at DESC LIMIT 200"
        },
        "Each change with an incident that suspects it most, or that began on its service within two hours",
        width=24,
    ),
)
