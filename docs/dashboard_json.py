"""Owns the shape that Grafana reads a dashboard in: panels from a table become JSON, placed row by row.

May not: say what is asked; `docs.dashboards` does. Goes to: `docs.generate`, deploy/grafana/dashboards.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

PROMETHEUS: Final = {"type": "prometheus", "uid": "incidents-prometheus"}
POSTGRES: Final = {"type": "grafana-postgresql-datasource", "uid": "incidents-postgres"}
"""The sources of deploy/grafana/datasources.yaml."""
_COLUMNS: Final = 24
_HEIGHTS: Final = {"stat": 4, "timeseries": 8, "table": 9}
Kind = Literal["stat", "timeseries", "table"]
Source = Mapping[str, str]


class Panel(NamedTuple):
    """One picture: what it asks, by the name of each curve; `{{label}}` in a name is the label's value."""

    title: str
    kind: Kind
    asks: Mapping[str, str]
    says: str
    unit: str = "short"
    width: int = 12


class Dashboard(NamedTuple):
    """One page of panels, all of one source."""

    uid: str
    title: str
    source: Source
    since: str
    panels: Sequence[Panel]
    tenants: str = ""
    """The query for the tenants to choose among; empty: there is no choice."""


def dashboard_page(dashboard: Dashboard) -> str:
    """The file as Grafana provisions it, ending in a line break."""
    page = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["incidents"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "1m",
        "time": {"from": dashboard.since, "to": "now"},
        "templating": {"list": [_tenant(dashboard)] if dashboard.tenants else []},
        "panels": list(_placed(dashboard)),
    }
    return json.dumps(page, indent=2) + "\n"


def _placed(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """The panels from left to right; one that finds no room begins a row below the highest of the last."""
    x = y = highest = 0
    for number, panel in enumerate(dashboard.panels, 1):
        if x + panel.width > _COLUMNS:
            x, y, highest = 0, y + highest, 0
        height = _HEIGHTS[panel.kind]
        place = {"x": x, "y": y, "w": panel.width, "h": height}
        yield {"id": number, "gridPos": place, **_panel(panel, dashboard.source)}
        x, highest = x + panel.width, max(highest, height)


def _panel(panel: Panel, source: Source) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "noValue": "not known"}, "overrides": []},
        "targets": [_target(panel, source, *ask) for ask in enumerate(panel.asks.items())],
    }


def _target(panel: Panel, source: Source, number: int, ask: tuple[str, str]) -> dict[str, Any]:
    name, query = ask
    common = {"refId": chr(ord("A") + number), "datasource": source}
    if source == PROMETHEUS:
        return {**common, "expr": query, "legendFormat": name, "instant": panel.kind == "stat"}
    shape = "time_series" if panel.kind == "timeseries" else "table"
    return {**common, "rawQuery": True, "editorMode": "code", "format": shape, "rawSql": query}


def _tenant(dashboard: Dashboard) -> dict[str, Any]:
    """The choice of tenants; "all" is put into a query as it stands, so that it also holds where there is none."""
    return {
        "name": "tenant",
        "label": "Tenant",
        "type": "query",
        "datasource": dashboard.source,
        "query": dashboard.tenants,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": "tenant",
        "current": {"text": ["All"], "value": ["$__all"]},
    }
