"""What a process tells Prometheus: counts as they happen, readings as they are when somebody looks."""

import http.client
import urllib.error
import urllib.request

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from cli.health import Health
from local.ports import HOST, free_ports
from schemas.metrics import DEAD_LETTERS, LIMIT_HITS, METRICS, STATE, Counter, Gauge, Histogram
from wire.listening import CannotListen
from wire.meters import bound, count, hit, hop, text, watch


def _told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_a_counter_grows_by_what_is_counted() -> None:
    """Each set of labels should have a number of its own, in the order of the declaration."""
    before = _told("incidents_dead_letters_total", finder="router", reason="not_json") or 0
    count(DEAD_LETTERS, 2, "router", "not_json")
    assert before + 2 == _told("incidents_dead_letters_total", finder="router", reason="not_json")


def test_a_hop_is_a_histogram_and_no_clock_makes_it_negative() -> None:
    """A time that two machines' clocks make negative should count as none."""
    before = _told("incidents_hop_seconds_sum", hop="routed") or 0
    hop("routed", -5)
    hop("routed", 0.25)
    assert before + 0.25 == _told("incidents_hop_seconds_sum", hop="routed")


def test_a_gauge_is_asked_when_somebody_looks() -> None:
    """What is no longer told of should be gone, not stay at its last value."""
    state: dict[tuple[str, ...], float] = {("0", "alerts"): 3.0}
    watch(STATE, lambda: state)
    assert 3.0 == _told("incidents_state_items", partition="0", what="alerts")
    state.clear()
    assert _told("incidents_state_items", partition="0", what="alerts") is None


def test_a_bound_tells_its_most_what_is_used_and_how_often_it_was_hit() -> None:
    """Three metrics with the bound's name should say how near it is."""
    before = _told(LIMIT_HITS.name, limit="scope_alerts") or 0
    bound("scope_alerts", 10, lambda: 7)
    bound("waiting_deliveries", 20)
    hit("scope_alerts")
    assert (10.0, 7.0) == (
        _told("incidents_limit", limit="scope_alerts"),
        _told("incidents_limit_used", limit="scope_alerts"),
    )
    assert before + 1 == _told(LIMIT_HITS.name, limit="scope_alerts")
    assert 20.0 == _told("incidents_limit", limit="waiting_deliveries")


def test_names_follow_prometheus() -> None:
    """Names should be ours and different; a counter's ends in _total, a length of time's in _seconds."""
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.name.startswith("incidents_")
        assert isinstance(metric, Counter) == metric.name.endswith("_total")
        assert not isinstance(metric, Histogram) or metric.name.endswith("_seconds")
        assert isinstance(metric, Counter | Gauge | Histogram)


def test_what_is_served_is_prometheus_text() -> None:
    """Prometheus's own parser should read every metric, those of the process among them."""
    families = {family.name for family in text_string_to_metric_families(text().decode())}
    assert {"incidents_hop_seconds", "process_resident_memory_bytes", "python_info"} <= families


def test_every_process_answers_on_its_health_port() -> None:
    """Metrics should be there from the start, and say when the process is ready."""
    (port,) = free_ports(1)
    health = Health("sink", "0.9", port)
    assert 'incidents_process_info{build="0.9",process="sink"} 1.0' in _get(port, "/metrics")
    assert "incidents_ready 0.0" in _get(port, "/metrics")
    health.ready()
    assert "incidents_ready 1.0" in _get(port, "/metrics?name=x")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _get(port, "/anything")


def test_a_health_port_that_is_taken_is_one_line() -> None:
    """Two processes on one port should be told, not traced back."""
    (port,) = free_ports(1)
    Health("sink", "0.9", port)
    told = f"sink cannot listen for health checks on {HOST}:{port}: Address already in use; stop what uses it"
    with pytest.raises(CannotListen, match=told):
        Health("sink", "0.9", port)


def test_a_client_that_says_nothing_holds_up_nobody() -> None:
    """While one connection is silent others should be answered."""
    (port,) = free_ports(1)
    Health("sink", "0.9", port)
    silent = http.client.HTTPConnection(HOST, port)
    silent.connect()
    assert "incidents_ready" in _get(port, "/metrics")
    silent.close()


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=10) as response:
        return str(response.read().decode())
