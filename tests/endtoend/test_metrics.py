"""The metrics of the running system: every process tells them, and every declared one is told by somebody."""

import json
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from schemas.metrics import METRICS
from tests.endtoend.whole import Whole
from tests.facts import eventually

_ON_TROUBLE = {
    "incidents_signature_failures_total",
    "incidents_quota_refusals_total",
    "incidents_limit_hits_total",
    "incidents_snapshot_bytes",
    *("incidents_time_to_first_update_seconds", "incidents_false_page_ratio", "incidents_misroute_ratio"),
    *("incidents_measured", "incidents_time_to_context_seconds", "incidents_dedupe_ratio"),
    *("incidents_over_merge_reports", "incidents_handoffs"),
}
"""What a calm system has no value for within seconds; the measures are read once a minute, and tested elsewhere."""
_WAIT_S = 60.0


def families(whole: Whole) -> dict[str, dict[str, Metric]]:
    """By process and name of the family what each process tells now."""
    found = {}
    for process in whole.status.processes:
        if process.metrics:
            with urlopen(process.metrics, timeout=10) as response:  # noqa: S310 - our own address
                text = response.read().decode()
            found[process.name] = {one.name: one for one in text_string_to_metric_families(text)}
    return found


def samples(whole: Whole, name: str) -> dict[tuple[str, ...], float]:
    """Every sample of a name, of all processes, by the values of its labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for told in families(whole).values()
        for family in told.values()
        for sample in family.samples
        if sample.name == name
    }


def _post(whole: Whole, body: bytes) -> int:
    request = Request(  # noqa: S310 - our own address
        f"{whole.status.gateway}/v1/alertmanager", body, {"content-type": "application/json"}
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        return int(answer.status)


def _alert(fingerprint: str) -> bytes:
    alert = {
        "status": "firing",
        "labels": {"alertname": "Measured", "service": "measured", "severity": "critical"},
        "annotations": {},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": fingerprint,
    }
    sender = {"version": "4", "groupKey": "x", "receiver": "x", "externalURL": "http://am.example"}
    none: dict[str, object] = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}}
    return json.dumps({**sender, **none, "status": "firing", "alerts": [alert]}).encode()


def test_every_process_tells_what_it_is(whole: Whole) -> None:
    """Each should name itself and its build, and be ready."""
    told = families(whole)
    assert {"gateway", "worker-1", "worker-2", "auditor", "sink", "web"} <= told.keys()
    for name, of_process in told.items():
        (info,) = of_process["incidents_process_info"].samples
        assert name == info.labels["process"]
        assert 1.0 == of_process["incidents_ready"].samples[0].value


def test_every_declared_metric_is_told_by_some_process(whole: Whole) -> None:
    """After a repeated alert and a refused delivery each should have a value; none should be a name alone."""
    for _ in range(3):
        assert 202 == _post(whole, _alert("measured-1"))
    expected = {metric.name.removesuffix("_total") for metric in METRICS} - {
        name.removesuffix("_total") for name in _ON_TROUBLE
    }

    def untold() -> bool:
        told = {
            name for process in families(whole).values() for name, family in process.items() if family.samples
        }
        assert [] == sorted(expected - told)
        return True

    with pytest.raises(HTTPError, match="400"):
        _post(whole, b"no JSON")
    urlopen(f"{whole.status.page}/healthz", timeout=10).close()  # noqa: S310 - our own address
    eventually(untold, _WAIT_S, "every metric has a value")


def test_each_hop_of_an_alert_is_measured(whole: Whole) -> None:
    """From the delivery's answer to the readable row every step should have counted, in under a second each."""
    _post(whole, _alert("measured-2"))

    def counted() -> bool:
        hops = samples(whole, "incidents_hop_seconds_count")
        return all(
            hops.get((hop,), 0) > 0 for hop in ("delivery", "append", "routed", "folded", "audited", "stored")
        )

    eventually(counted, 200.0, "every hop has been measured")


@pytest.mark.parametrize("topic", ["alerts", "signals", "audit-entries", "context-packets"])
def test_every_reader_tells_how_much_waits(whole: Whole, topic: str) -> None:
    """Workers, auditor and sink should tell of each partition that they read, and be near its end when it is calm."""

    def calm() -> bool:
        lag = samples(whole, "incidents_consumer_lag_records")
        mine = [value for labels, value in lag.items() if topic in labels]
        return bool(mine) and max(mine) < 100

    eventually(calm, _WAIT_S, f"the lag of {topic} is known and small")


def test_the_clock_of_each_fold_is_a_few_seconds_behind(whole: Whole) -> None:
    """With live ticks each second, no partition's clock should be far behind the time of day."""

    def near() -> bool:
        delays = samples(whole, "incidents_event_time_delay_seconds")
        return len(delays) == 4 and max(delays.values()) < 30

    eventually(near, _WAIT_S, "the clocks are near the time of day")
