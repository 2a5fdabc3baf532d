"""Alertmanager's webhook: what becomes of the traps in its payloads."""

import pytest

from schemas.codec import encode
from schemas.events import Alert
from schemas.times import format_time, parse_time
from sources.alertmanager import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT


def alert(**fields: Json) -> dict[str, Json]:
    """An alert as Alertmanager sends it, with some fields replaced; None leaves one out."""
    whole: dict[str, Json] = {
        "status": "firing",
        "labels": {"alertname": "HighErrorRate", "service": "checkout", "severity": "critical"},
        "annotations": {
            "summary": "HighErrorRate",
            "description": "5xx rate of checkout is 12.5%, usual level 0.2%",
        },
        "startsAt": "2026-02-03T08:06:22.984747741Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=x",
        "fingerprint": "f3ed2778fc2c8a24",
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def group(*alerts: Json, **fields: Json) -> dict[str, Json]:
    """A delivery with these alerts."""
    return {"version": "4", "receiver": "r", "status": "firing", "alerts": list(alerts), **fields}


def reading(*alerts: Json, **fields: Json) -> Reading:
    """What the adapter says about a delivery with these alerts."""
    return read(group(*alerts, **fields), {}, AT)


def only(**fields: Json) -> Alert:
    """The message of a delivery with one alert."""
    (record,) = reading(alert(**fields)).records
    assert isinstance(record.message, Alert)
    return record.message


def test_a_firing_alert_is_read_whole() -> None:
    """Every fact should be read, the start exact to the microsecond and as published in the reference."""
    (record,) = reading(alert()).records
    assert isinstance(record.message, Alert)
    assert (record.topic, record.key, record.path) == ("alerts", ("checkout",), "/alerts/0")
    assert {
        "source": "alertmanager",
        "source_ref": "alertmanager:f3ed2778fc2c8a24@2026-02-03T08:06:22.984747741Z",
        "fingerprint": "f3ed2778fc2c8a24",
        "name": "HighErrorRate",
        "status": "firing",
        "severity": "critical",
        "service": "checkout",
        "references": ("service:checkout",),
        "summary": "5xx rate of checkout is 12.5%, usual level 0.2%",
        "value": "12.5%",
        "starts_at": parse_time("2026-02-03T08:06:22.984747Z"),
        "link": "http://prometheus:9090/graph?g0.expr=x",
    } == record.message.model_dump(exclude={"original", "labels", "annotations"}, exclude_defaults=True)


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+05:30", "-08:00"])
def test_a_start_may_have_nine_digits_and_any_offset(offset: str) -> None:
    """It should be exact to the microsecond, in UTC, and stand in the reference as it was published."""
    stated = f"2026-02-03T08:06:22.984747741{offset}"
    told = only(startsAt=stated)
    expected = parse_time(f"2026-02-03T08:06:22.984747{offset}")
    assert (expected, True) == (told.starts_at, told.source_ref.endswith(f"@{stated}"))


def test_a_firing_group_may_hold_resolved_alerts() -> None:
    """Each alert should have its own status, not that of the group."""
    ended = alert(status="resolved", endsAt="2026-02-03T09:06:22+01:00", fingerprint="b")
    statuses = [
        (r.message.status, r.message.ends_at)
        for r in reading(alert(), ended).records
        if isinstance(r.message, Alert)
    ]
    assert [("firing", None), ("resolved", parse_time("2026-02-03T08:06:22Z"))] == statuses


@pytest.mark.parametrize(
    ("ends_at", "status"),
    [
        ("0001-01-01T00:00:00Z", "firing"),
        ("0001-01-01T01:00:00+01:00", "firing"),
        (None, "firing"),
        (format_time(AT - 1), "resolved"),
        (format_time(AT), "resolved"),
        (format_time(AT + 1), "firing"),
    ],
)
def test_without_a_status_the_end_decides(ends_at: str | None, status: str) -> None:
    """An end that has passed should mean resolved; year 1 means none."""
    assert status == only(status=None, endsAt=ends_at).status


def test_without_a_fingerprint_the_labels_are_hashed() -> None:
    """Equal labels in any order should give the same fingerprint, others another one."""
    labels: dict[str, Json] = {"alertname": "A", "service": "b"}
    first = only(fingerprint=None, labels=labels).fingerprint
    assert first == only(fingerprint=None, labels=dict(reversed(labels.items()))).fingerprint
    assert first != only(fingerprint=None, labels={**labels, "service": "c"}).fingerprint


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({"service_name": "ad"}, "ad"),
        ({"destination_canonical_service": "gateway", "app": "istio"}, "gateway"),
        ({"deployment": "cart"}, "cart"),
        ({"horizontalpodautoscaler": "quote", "job": "kube-state-metrics"}, "quote"),
        ({"service": "kube-state-metrics", "job": "kube-state-metrics", "deployment": "cart"}, "cart"),
        ({"service": "monitoring-kube-state-metrics", "pod": "cart-588cd1cbfc-900fe"}, None),
        ({"service": "kube-state-metrics"}, "kube-state-metrics"),
        ({"pod": "cart-588cd1cbfc-900fe"}, None),
        ({"instance": "worker-2:9100"}, None),
    ],
)
def test_the_service_is_what_a_label_names(labels: dict[str, Json], service: str | None) -> None:
    """The most telling label should count; what measures is not what fails; a pod is no service."""
    assert service == only(labels=labels).service


@pytest.mark.parametrize(
    ("labels", "references"),
    [
        (
            {"namespace": "shop", "deployment": "cart"},
            ("service:cart", "kubernetes:shop/cart", "backstage.io/kubernetes-id:cart"),
        ),
        (
            {"namespace": "shop", "pod": "cart-588cd1cbfc-900fe", "container": "server"},
            ("pod:shop/cart-588cd1cbfc-900fe", "kubernetes:shop/cart", "backstage.io/kubernetes-id:cart",
             "container:server"),
        ),
        (
            {"namespace": "shop", "pod": "kafka-0"},
            ("pod:shop/kafka-0", "kubernetes:shop/kafka", "backstage.io/kubernetes-id:kafka"),
        ),
        ({"pod": "checkout"}, ("pod:checkout",)),
        ({"job": "otel-demo/kafka"}, ("kubernetes:otel-demo/kafka", "backstage.io/kubernetes-id:kafka")),
        ({"job": "node-exporter", "instance": "worker-2:9100"}, ("instance:worker-2:9100",)),
        ({"consumergroup": "fraud", "topic": "orders"}, ("service:fraud", "topic:orders")),
    ],
)  # fmt: skip
def test_references_come_in_order_of_trust(labels: dict[str, Json], references: tuple[str, ...]) -> None:
    """Every name that a catalog may know should be there, the best first."""
    assert references == only(labels=labels, annotations={}).references


def test_a_name_within_the_namespace_is_found_in_the_words() -> None:
    """What no label says but the text does should come last."""
    message = only(
        labels={"namespace": "shop", "job_name": "nightly-1"},
        annotations={"description": "Job shop/email failed."},
    )
    assert ("job:nightly-1", "kubernetes:shop/email") == message.references


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "page"}, "critical"),
        ({"severity": "severe"}, "error"),
        ({"severity": "Warn"}, "warning"),
        ({"severity": "none"}, "info"),
        ({"priority": "P2"}, "error"),
        ({"severity": "purple"}, "unknown"),
        ({"a": "b"}, "unknown"),
    ],
)
def test_severities_are_mapped(labels: dict[str, Json], severity: str) -> None:
    """Words of rules should map to the five severities, others to unknown."""
    assert severity == only(labels=labels).severity


@pytest.mark.parametrize(
    "label", ["environment", "env", "deployment_environment", "deployment_environment_name"]
)
def test_the_environment_is_kept_as_it_is_spelt(label: str) -> None:
    """Settings say later what a spelling means."""
    assert only(labels={label: "Staging"}).environment == "Staging"


@pytest.mark.parametrize(
    ("annotations", "value"),
    [
        ({"value": "0.31", "description": "error rate is 12%"}, "0.31"),
        ({"description": "latency is 0.235s, usual level 0.007s"}, "0.235s"),
        ({"description": "average latency of AWS::Lambda is 3.524"}, "3.524"),
        ({"summary": "queue is at 1,204 messages"}, "1,204 messages"),
        ({"description": "the service is down"}, None),
        ({"description": "HighRequestLatency in otel-demo/ad"}, None),
    ],
)
def test_the_value_is_what_an_annotation_states(annotations: dict[str, Json], value: str | None) -> None:
    """The measured value should be taken literally, with its unit, and never be made up."""
    assert value == only(annotations=annotations).value


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (alert(startsAt=None), "no_start"),
        (alert(startsAt="yesterday"), "no_start"),
        (alert(startsAt="0001-01-01T00:00:00Z"), "no_start"),
        (alert(startsAt=1770000000), "no_start"),
        (alert(labels=None), "no_labels"),
        (alert(labels={}), "no_labels"),
        ("firing", "not_an_object"),
        (None, "not_an_object"),
    ],
)
def test_one_bad_alert_does_not_spoil_the_others(broken: Json, reason: str) -> None:
    """The good alert should be read, the bad one refused under its own path."""
    result = reading(broken, alert())
    assert ["/alerts/1"] == [record.path for record in result.records]
    assert [(reason, "/alerts/0")] == [(refused.reason, refused.path) for refused in result.refused]


def test_an_alert_without_a_name_is_told_by_its_words() -> None:
    """The summary should stand in for a missing alertname."""
    assert only(labels={"job": "x"}, annotations={"summary": "disk is full"}).name == "disk is full"
    assert only(labels={"job": "x"}, annotations={}).name == "unnamed alert"


def test_grafanas_webhook_is_refused_by_its_org() -> None:
    """The refusal should name orgId, so that the sender is found."""
    (refused,) = reading(alert(), version="1", orgId=7).refused
    assert refused.reason == "grafana"
    assert "orgId 7" in refused.detail


def test_left_out_alerts_are_told() -> None:
    """A truncated group should be read, with a note that says how many are missing."""
    result = reading(alert(), truncatedAlerts=12)
    assert (1, ["truncated"]) == (len(result.records), [note.reason for note in result.ignored])
    assert "12 alerts" in result.ignored[0].detail


def test_an_empty_group_is_ignored() -> None:
    """Nothing happened, and it should be said so."""
    assert [note.reason for note in reading().ignored] == ["empty"]


def test_unknown_fields_and_odd_labels_do_no_harm() -> None:
    """New fields of a later version and labels that are no texts should be carried along."""
    message = only(
        labels={"alertname": "A", "n": 5, "deep": {"b": 1, "a": [True]}, "none": None}, novelty={"x": [1]}
    )
    assert {"alertname": "A", "n": "5", "deep": '{"a":[true],"b":1}'} == message.labels
    assert '"novelty":{"x":[1]}' in message.original


def test_secrets_in_labels_and_annotations_are_masked() -> None:
    """No secret should be left in the message or in its original."""
    message = only(
        labels={"alertname": "A", "api_key": "s3cr3t-1"},
        annotations={"description": "login with password=s3cr3t-2 is 401"},
        generatorURL="http://u:s3cr3t-3@prometheus/graph",
    )
    assert "s3cr3t" not in message.model_dump_json()


def test_an_alert_that_comes_again_is_read_the_same_under_its_own_path() -> None:
    """What is remembered of an alert should be what it says, wherever it stands in a delivery."""
    first, again = reading(alert(), alert()).records
    assert ("/alerts/0", "/alerts/1") == (first.path, again.path)
    assert (first.topic, first.key, first.message) == (again.topic, again.key, again.message)
    assert encode("alerts", first.message) == first.value == again.value


def test_an_alert_without_a_status_is_read_anew_each_time() -> None:
    """It should be firing before its end and resolved after it, though its bytes are the same."""
    ended = group(alert(status=None, endsAt="2026-02-03T09:00:00Z"))
    end = parse_time("2026-02-03T09:00:00Z")
    messages = [read(ended, {}, at).records[0].message for at in (end - 1, end, end - 1)]
    assert ["firing", "resolved", "firing"] == [message.model_dump()["status"] for message in messages]


def test_an_alert_with_a_secret_is_masked_again_and_again() -> None:
    """What is remembered should never be what has not been masked."""
    for _ in range(2):
        message = only(annotations={"summary": "login with password=hunter2-s3cr3t failed"})
        assert "hunter2" not in message.original
        assert "[redacted]" in message.summary
