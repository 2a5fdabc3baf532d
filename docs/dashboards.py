"""Owns the two dashboards of deploy/grafana. Goes to: `docs.generate`."""

from typing import Final

from docs.dashboard_json import POSTGRES, PROMETHEUS, Dashboard, dashboard_page
from docs.pipeline_panels import PIPELINE_PANELS
from docs.response_panels import RESPONSE_PANELS

RESPONSE: Final = Dashboard(
    "incidents-response",
    "Incident response",
    POSTGRES,
    "now-30d",
    RESPONSE_PANELS,
    "SELECT DISTINCT tenant FROM incident_measures ORDER BY 1",
)
PIPELINE: Final = Dashboard("incidents-pipeline", "Pipeline", PROMETHEUS, "now-3h", PIPELINE_PANELS)


def response_dashboard() -> str:
    """The dashboard on the views, as JSON."""
    return dashboard_page(RESPONSE)


def pipeline_dashboard() -> str:
    """The dashboard on the metrics, as JSON."""
    return dashboard_page(PIPELINE)
