"""Owns counting and measuring: the metrics of `schemas.metrics` as this process has them, and their text.

One set a process, as Prometheus's own client has it. What only grows is counted where it happens, once a batch; what
is so now is asked when somebody looks. May not: know what is counted. Goes to: `GET /metrics`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Final

import prometheus_client as prometheus
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from schemas.metrics import (
    HOP_SECONDS,
    LIMIT,
    LIMIT_HITS,
    LIMIT_USED,
    METRICS,
    Counter,
    Gauge,
    Histogram,
    Hop,
    LimitName,
)

Readings = Mapping[tuple[str, ...], float]
"""A gauge's values by the values of its labels."""
CONTENT_TYPE: Final = prometheus.CONTENT_TYPE_LATEST

prometheus.disable_created_metrics()  # type: ignore[no-untyped-call] # published without types
_COUNTERS: Final = {
    one.name: prometheus.Counter(one.name, one.says, one.labels)
    for one in METRICS
    if isinstance(one, Counter)
}
_HISTOGRAMS: Final = {
    one.name: prometheus.Histogram(one.name, one.says, one.labels, buckets=one.buckets)
    for one in METRICS
    if isinstance(one, Histogram)
}


class _Gauges(Collector):
    """Asks for what is so now when somebody looks."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str], tuple[Gauge, Callable[[], Readings]]] = {}

    def ask(self, gauge: Gauge, readings: Callable[[], Readings], who: str) -> None:
        """Ask `readings` from now on; the next one under the same name takes its place."""
        self._asked[gauge.name, who] = (gauge, readings)

    def describe(self) -> Iterable[prometheus.Metric]:
        """Nothing is asked at registration."""
        return ()

    def collect(self) -> Iterator[prometheus.Metric]:
        """Each gauge that somebody can answer for."""
        families: dict[str, GaugeMetricFamily] = {}
        for gauge, readings in list(self._asked.values()):
            family = families.setdefault(
                gauge.name, GaugeMetricFamily(gauge.name, gauge.says, labels=gauge.labels)
            )
            for labels, value in readings().items():
                family.add_metric(labels, value)
        yield from families.values()


_GAUGES: Final = _Gauges()
prometheus.REGISTRY.register(_GAUGES)


def count(counter: Counter, by: float, *labels: str) -> None:
    """Add to a counter; `labels` in the order of its declaration."""
    _counting(counter.name, labels).inc(by)


def measure(histogram: Histogram, seconds: float, *labels: str) -> None:
    """Note one length of time; what clocks of two machines make negative counts as none."""
    _measuring(histogram.name, labels).observe(max(0.0, seconds))


@cache
def _counting(name: str, labels: tuple[str, ...]) -> prometheus.Counter:
    """What counts under these labels: looking it up takes longer than counting."""
    made = _COUNTERS[name]
    return made.labels(*labels) if labels else made


@cache
def _measuring(name: str, labels: tuple[str, ...]) -> prometheus.Histogram:
    made = _HISTOGRAMS[name]
    return made.labels(*labels) if labels else made


def hop(name: Hop, seconds: float) -> None:
    """Note how long a step of the way took."""
    measure(HOP_SECONDS, seconds, name)


def watch(gauge: Gauge, readings: Callable[[], Readings], who: str = "") -> None:
    """Have a gauge's values asked when somebody looks, in another thread: `readings` may neither wait nor change.

    Several may answer for one gauge, each under a name of its own; a second one of the same name takes over.
    """
    _GAUGES.ask(gauge, readings, who)


def bound(name: LimitName, most: float, used: Callable[[], float] | None = None) -> None:
    """Tell of a bound, and how much of it is used when somebody looks."""
    watch(LIMIT, partial(dict, {(name,): most}), name)
    if used is not None:
        watch(LIMIT_USED, lambda: {(name,): used()}, name)


def hit(name: LimitName, by: int = 1) -> None:
    """A bound was reached: something was refused or dropped for it."""
    count(LIMIT_HITS, by, name)


def text() -> bytes:
    """Every metric of this process as Prometheus reads it."""
    return prometheus.generate_latest(prometheus.REGISTRY)
