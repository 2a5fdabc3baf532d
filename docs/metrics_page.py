"""Owns docs/metrics.md: every metric with its meaning and labels, from the table that declares them.

Goes to: `docs.generate`.
"""

from collections.abc import Iterator
from typing import Final

from schemas.metrics import METRICS, Metric

_HEAD: Final = """\
<!-- Made by `make docs`; change schemas/metrics.py, not this page. -->

# Metrics

Every process answers `GET /metrics` in Prometheus's text format on its `--health-port`, beside `GET /healthz`, and
never on the port for senders or readers. It listens on 127.0.0.1; `--health-host 0.0.0.0` lets a Prometheus of
another machine or container in. `incidents status` shows the addresses of a local system.

Beside these there are `process_*` and `python_*` of each process: memory, CPU time, open files, garbage collection.
What is so now (kind gauge) is given by the processes that know it: nothing is asked of Kafka or the fold for each look.
No label holds a name that a sender chose; tenants are those of the settings.

Where the time of one delivery went is told by [traces](traces.md), where they are asked for.

Alert rules: `deploy/alerts.yaml`, each with a page in `docs/operations` that says what to check and what to do.

## Dashboards

`docker compose --profile metrics up --wait` adds a Prometheus on http://127.0.0.1:9090 and a Grafana on
http://127.0.0.1:3000 (user `admin`, password of `GRAFANA_PASSWORD`), with both sources and two dashboards:

- *Incident response*, from the views of [tables.md](tables.md): open incidents, time to context and to the first
  internal update, dedupe ratio beside the over-merge reports, false pages, misroutes and hand-overs, noise per
  service, changes and what followed.
- *Pipeline*, from the metrics below: hops, lag, delay of event time, deliveries, revisions, dead letters, bounds,
  state, snapshots, audit.

Grafana's login on Postgres reads the views and nothing else; `INCIDENTS_READER_PASSWORD` is its password. Every query
is asked by a test: those of tables of a real Postgres, by such a login; those of metrics of a real Prometheus that
holds every metric, where each has to find numbers. The files are held against Grafana's own types: every field is one
that it knows. Grafana itself is started by a test only where its image can be pulled, with every panel's query sent
through it (`tests/containers/test_dashboards.py`); that has not been so yet. For a Grafana of your own: import
`deploy/grafana/dashboards`, and give the two sources the names (`uid`) of `deploy/grafana/datasources.yaml`.

To change a panel, change `docs/response_panels.py` or `docs/pipeline_panels.py` and run `make docs`: Grafana
does not save changes to these dashboards.

## All of them

| metric | kind | labels | what it says |
|---|---|---|---|
"""


def metrics_page() -> str:
    """The whole page as Markdown, ending in a line break."""
    return _HEAD + "\n".join([*map(_row, METRICS), ""])


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {type(metric).__name__.lower()} | {labels} | {metric.says} |"


def names() -> Iterator[str]:
    """Every name by which Prometheus knows them."""
    for metric in METRICS:
        yield metric.name
        if type(metric).__name__ == "Histogram":
            yield from (f"{metric.name}_{part}" for part in ("bucket", "sum", "count"))
