"""PagerDuty: alert events, change events without id and service, webhooks about incidents."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Alert, Change
from schemas.times import parse_time
from sources.pagerduty import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.examples import PAGERDUTY_ALERT, PAGERDUTY_CHANGE
from tests.sources.samples import AT


def reading(body: Json) -> Reading:
    """What the adapter says."""
    return read(body, {}, AT)


def alert(body: Json) -> Alert:
    """The alert of an event."""
    (record,) = reading(body).records
    assert isinstance(record.message, Alert)
    return record.message


def change(**payload: Json) -> Change:
    """The change of a change event with some fields of its payload replaced."""
    (record,) = reading({**PAGERDUTY_CHANGE, "payload": {**PAGERDUTY_CHANGE["payload"], **payload}}).records
    assert isinstance(record.message, Change)
    return record.message


def sample(shared: Path, name: str) -> dict[str, Any]:
    """A published webhook."""
    path = shared / "samples" / "payloads" / "alerts" / "zulip" / f"pagerduty.{name}_v3.json"
    body: dict[str, Any] = orjson.loads(path.read_bytes())
    return body


def test_a_triggered_alert_is_read_whole() -> None:
    """Every fact should be read; the component is the nearest to a service that the format has."""
    (record,) = reading(PAGERDUTY_ALERT).records
    assert isinstance(record.message, Alert)
    assert ("alerts", ("checkout",)) == (record.topic, record.key)
    time = parse_time("2026-02-03T08:06:22.984Z")
    assert {
        "source": "pagerduty",
        "source_ref": "pagerduty:checkout/latency",
        "fingerprint": "checkout/latency",
        "name": "latency",
        "status": "firing",
        "severity": "critical",
        "service": "checkout",
        "environment": "production",
        "references": ("service:checkout", "service:shop", "host:web-3.example.com"),
        "summary": "p99 of checkout is 2.3 s",
        "starts_at": time,
        "notified_at": time,
        "link": "https://monitoring.example.com",
    } == record.message.model_dump(exclude={"original", "labels"}, exclude_defaults=True)
    assert record.message.labels["ping"] == '{"ms":2300}'


def test_the_routing_key_is_not_kept() -> None:
    """It lets anyone send in its team's name."""
    assert "samplekeyhere" not in alert(PAGERDUTY_ALERT).model_dump_json()
    assert "samplekeyhere" not in change().model_dump_json()


def test_a_resolve_names_the_alert_by_its_key_alone() -> None:
    """It should end the same alert, when it came, without payload and time."""
    message = alert({"routing_key": "x", "event_action": "resolve", "dedup_key": "checkout/latency"})
    assert ("checkout/latency", "resolved", True, AT, None) == (
        message.fingerprint,
        message.status,
        message.is_bare_end,
        message.ends_at,
        message.notified_at,
    )


def test_an_alert_without_a_key_is_named_by_what_it_says() -> None:
    """The same words should give the same name, other words another."""
    keyless = {name: value for name, value in PAGERDUTY_ALERT.items() if name != "dedup_key"}
    other = {**keyless, "payload": {**keyless["payload"], "summary": "x"}}
    later = {**keyless, "payload": {**keyless["payload"], "timestamp": "2026-02-03T09:06:22Z"}}
    names = [alert(body).fingerprint for body in (keyless, later, other)]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("event-")


def test_a_label_in_the_details_names_the_service_better_than_the_component() -> None:
    """Details should be read like labels."""
    details: Json = {"service": "cart", "alertname": "TooSlow", "namespace": "shop"}
    message = alert({**PAGERDUTY_ALERT, "payload": {**PAGERDUTY_ALERT["payload"], "custom_details": details}})
    assert ("cart", "TooSlow", "shop") == (message.service, message.name, message.namespace)
    assert ("service:cart", "service:checkout") == message.references[:2]


def test_a_change_event_has_neither_id_nor_service() -> None:
    """It should be named by a hash, be about the linked repository, and claim no service."""
    message = change()
    time = parse_time("2026-02-03T08:01:09.494Z")
    assert {
        "kind": "deploy",
        "source": "pagerduty",
        "source_ref": message.source_ref,
        "target": "service/checkout",
        "references": ("github.com/project-slug:shop/checkout",),
        "title": "Build 4711 of checkout deployed",
        "after": "4711",
        "effective_at": time,
        "notified_at": time,
        "link": "https://github.com/shop/checkout/commit/3853f15",
    } == message.model_dump(exclude={"original"}, exclude_defaults=True)
    assert message.source_ref.startswith("pagerduty:event-")


def test_a_change_event_that_comes_again_is_the_same_change() -> None:
    """The hash should be over what it says, and nothing else."""
    assert change().source_ref == change().source_ref != change(summary="another").source_ref


def test_a_change_event_without_a_time_took_effect_when_it_came() -> None:
    """There is no notification time of its own then."""
    message = change(timestamp=None)
    assert (AT, None) == (message.effective_at, message.notified_at)


@pytest.mark.parametrize(
    ("details", "status"),
    [
        ({}, "succeeded"),
        ({"build_state": "failed"}, "failed"),
        ({"status": "in_progress"}, "started"),
        ({"state": "Success"}, "succeeded"),
        ({"status": "marvellous"}, "unknown"),
    ],
)
def test_a_state_in_the_details_decides(details: dict[str, Json], status: str) -> None:
    """What did not take effect should be kept and cleared."""
    message = change(custom_details=details)
    assert (status, status == "succeeded") == (message.status, message.suspectable)


@pytest.mark.parametrize(
    ("details", "references"),
    [
        ({"service": "cart"}, ("service:cart", "github.com/project-slug:shop/checkout")),
        (
            {"repository": "shop/cart"},
            ("github.com/project-slug:shop/cart", "github.com/project-slug:shop/checkout"),
        ),
        (
            {"repo": "https://gitlab.com/shop/cart/-/tree/main"},
            ("gitlab.com/project-slug:shop/cart", "github.com/project-slug:shop/checkout"),
        ),
        ({"repository": "cart"}, ("github.com/project-slug:shop/checkout",)),
    ],
)
def test_a_service_or_repository_is_found_in_the_details(
    details: dict[str, Json], references: tuple[str, ...]
) -> None:
    """Details should be trusted more than links."""
    assert references == change(custom_details=details).references


def test_an_incident_that_was_triggered_is_an_alert(shared_folder: Path) -> None:
    """The published webhook should be read, its service by name and by PagerDuty's own id."""
    message = alert(sample(shared_folder, "triggered"))
    assert {
        "source": "pagerduty",
        "source_ref": "pagerduty:PFQZPSY",
        "fingerprint": "PFQZPSY",
        "name": "Test Incident 3",
        "status": "firing",
        "severity": "error",
        "service": "pig208",
        "references": ("pagerduty.com/service-id:PA2P440", "service:pig208"),
        "summary": "Test Incident 3",
        "labels": {"urgency": "high"},
        "starts_at": parse_time("2021-06-04T13:35:29.781Z"),
        "notified_at": parse_time("2021-06-04T13:35:29.781Z"),
        "link": "https://pig208.pagerduty.com/incidents/PFQZPSY",
    } == message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_a_resolved_incident_ends_when_it_was_resolved(shared_folder: Path) -> None:
    """Its start should be that of the incident, where the webhook says it."""
    body = sample(shared_folder, "resolved")
    body["event"]["data"]["created_at"] = "2021-06-04T13:00:00Z"
    message = alert(body)
    assert (parse_time("2021-06-04T13:00:00Z"), parse_time("2021-06-04T13:16:53.816Z")) == (
        message.starts_at,
        message.ends_at,
    )
    del body["event"]["data"]["created_at"]
    assert (False, True) == (message.is_bare_end, alert(body).is_bare_end)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"event_action": "acknowledge", "dedup_key": "x"}, "acknowledged"),
        ({"event": {"event_type": "pagey.ping"}}, "other_event"),
        ({"event": {"event_type": "incident.annotated"}}, "other_event"),
        ({"event": {}}, "other_event"),
    ],
)
def test_what_people_do_about_an_incident_is_ignored(body: Json, reason: str) -> None:
    """It neither begins nor ends anything."""
    assert [reason] == [note.reason for note in reading(body).ignored]


def test_an_acknowledged_incident_is_ignored(shared_folder: Path) -> None:
    """The published webhook should be ignored with the reason."""
    assert ["other_event"] == [note.reason for note in reading(sample(shared_folder, "acknowledged")).ignored]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "not_an_object"),
        ({"routing_key": "x"}, "no_payload"),
        ({"event_action": "explode", "dedup_key": "x"}, "other_action"),
        ({"event_action": "trigger"}, "no_name"),
        ({"payload": {"source": "x"}}, "no_summary"),
        ({"event": {"event_type": "incident.triggered"}}, "no_incident"),
        ({"event": {"event_type": "incident.triggered", "data": {"id": "a", "title": "b"}}}, "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(body).refused]
