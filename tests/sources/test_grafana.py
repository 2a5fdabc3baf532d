"""Grafana's unified alerting: like Alertmanager's webhook, told apart by its orgId, with values of its own."""

from pathlib import Path

import orjson
import pytest

from schemas.events import Alert
from schemas.times import parse_time
from sources.grafana import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT
from tests.sources.test_alertmanager import alert, group

STATED = "[ var='B' labels={instance=a} value=17 ], [ var='C' labels={instance=a} value=1 ]"


def reading(*alerts: Json, **fields: Json) -> Reading:
    """What the adapter says about a delivery with these alerts."""
    return read({**group(*alerts), "version": "1", "orgId": 1, **fields}, {}, AT)


def only(**fields: Json) -> Alert:
    """The message of a delivery with one alert."""
    (record,) = reading(alert(**fields)).records
    assert isinstance(record.message, Alert)
    return record.message


def test_an_alert_is_read_whole_under_grafanas_name() -> None:
    """Every fact should be read as from Alertmanager, and source and reference be Grafana's."""
    (record,) = reading(alert()).records
    assert isinstance(record.message, Alert)
    assert ("alerts", ("checkout",), "/alerts/0") == (record.topic, record.key, record.path)
    assert {
        "source": "grafana",
        "source_ref": "grafana:f3ed2778fc2c8a24@2026-02-03T08:06:22.984747741Z",
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


def test_version_1_with_an_org_id_is_grafana_and_not_alertmanager() -> None:
    """Without orgId a body should be refused, since it came to the wrong address; with it, it says which."""
    refused = read(group(alert()), {}, AT).refused
    assert ["not_grafana"] == [one.reason for one in refused]
    assert orjson.loads(only().original)["orgId"] == 1


def test_a_firing_group_may_hold_resolved_alerts() -> None:
    """Each alert should have its own status; year 1 should be no end."""
    ended = alert(status="resolved", endsAt="2026-02-03T08:30:00Z", fingerprint="b")
    found = [
        (r.message.status, r.message.ends_at)
        for r in reading(alert(), ended).records
        if isinstance(r.message, Alert)
    ]
    assert [("firing", None), ("resolved", parse_time("2026-02-03T08:30:00Z"))] == found


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"valueString": STATED}, "17"),
        ({"valueString": "[ var='A' value=-1.5e-07 ]"}, "-1.5e-07"),
        ({"valueString": "", "values": {"C": 1, "B": 17.5}}, "17.5"),
        ({"valueString": None, "values": {"A": None, "B": "x", "C": 3}}, "3"),
        ({"valueString": "[ no value ]", "values": []}, None),
        ({"valueString": "[ var='B' value=NaN ]", "values": None}, None),
    ],
)
def test_the_measured_value_stands_in_the_values_where_no_annotation_states_it(
    fields: dict[str, Json], value: str | None
) -> None:
    """The first query's value should be taken literally."""
    assert value == only(annotations={"summary": "too many"}, **fields).value


def test_the_value_that_an_annotation_states_is_preferred() -> None:
    """People wrote it there for people."""
    assert only(valueString=STATED).value == "12.5%"


def test_the_test_of_a_contact_point_is_no_alert() -> None:
    """What the button sends should be ignored with the reason, beside a real alert."""
    test = alert(labels={"alertname": "TestAlert", "instance": "Grafana"})
    result = reading(test, alert())
    assert (["test"], ["/alerts/1"]) == (
        [note.reason for note in result.ignored],
        [record.path for record in result.records],
    )


def test_alerts_that_grafana_left_out_are_noted_in_its_own_words() -> None:
    """The note should say how many, and what to set in Grafana."""
    (note,) = reading(alert(), truncatedAlerts=3).ignored
    assert note.detail == "Grafana left out 3 alerts of this group: raise Max alerts of the contact point"


@pytest.mark.parametrize(
    ("body", "reason"), [([], "not_an_object"), ({"orgId": 1, "title": "x"}, "no_alerts")]
)
def test_what_cannot_be_understood_is_refused_in_grafanas_words(body: Json, reason: str) -> None:
    """The refusal should have a reason that names Grafana."""
    (refused,) = read(body, {}, AT).refused
    assert reason == refused.reason
    assert "Grafana" in refused.detail
    assert "Alertmanager" not in refused.detail


def test_the_published_sample_with_mixed_states_is_read(shared_folder: Path) -> None:
    """One alert firing, two resolved, the values of both."""
    sample = shared_folder / "samples" / "payloads" / "alerts" / "zulip" / "grafana.alert-9-mixed.json"
    records = read(orjson.loads(sample.read_bytes()), {}, AT).records
    found = [(r.message.status, r.message.value) for r in records if isinstance(r.message, Alert)]
    assert [("resolved", "17"), ("resolved", "24"), ("firing", "1")] == found
