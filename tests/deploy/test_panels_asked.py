"""The panels on metrics, asked of a real Prometheus that holds every metric of ours: each finds numbers."""

import math
from collections.abc import Iterator

import httpx
import pytest

from schemas.metrics import METRICS, Counter, Histogram, Metric
from tests import prometheus
from tests.deploy.grafana import as_promql, asked

_SCRAPES, _EVERY_S, _NOW = 41, 15, 1_767_225_600
"""Ten minutes of scrapes up to a moment."""
_BUCKETS = ("0.1", "1.0", "+Inf")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that has scraped one process that says everything."""
    if not prometheus.is_here():
        pytest.skip(prometheus.MISSING)
    ours = (line for metric in METRICS for line in _series(metric))
    others = (line for name in ("up", "process_resident_memory_bytes") for line in _lines(name, ()))
    series = "".join([*ours, *others, "# EOF\n"])
    with prometheus.serving(tmp_path_factory.mktemp("panels"), series) as url:
        yield url


def _series(metric: Metric) -> Iterator[str]:
    if isinstance(metric, Histogram):
        for bucket in _BUCKETS:
            yield from _lines(f"{metric.name}_bucket", metric.labels, f',le="{bucket}"', grows=True)
        for part in ("sum", "count"):
            yield from _lines(f"{metric.name}_{part}", metric.labels, grows=True)
    else:
        yield from _lines(metric.name, metric.labels, grows=isinstance(metric, Counter))


def _lines(name: str, labels: tuple[str, ...], more: str = "", *, grows: bool = False) -> Iterator[str]:
    """The samples of one series: of what grows a little more each time, else always 1."""
    told = "".join(f',{label}="x"' for label in labels)
    for number in range(_SCRAPES):
        at = _NOW - (_SCRAPES - 1 - number) * _EVERY_S
        yield f'{name}{{job="incidents"{told}{more}}} {number if grows else 1} {at}\n'


@pytest.mark.parametrize("query", [query for _, query in asked("expr")])
def test_a_panel_finds_numbers(server: str, query: str) -> None:
    """By the real names and labels of what is measured; an empty panel would look like peace."""
    answer = httpx.get(f"{server}/api/v1/query", params={"query": as_promql(query), "time": _NOW}).json()
    assert "success" == answer["status"], answer
    values = [float(one["value"][1]) for one in answer["data"]["result"]]
    assert values
    assert all(map(math.isfinite, values))
