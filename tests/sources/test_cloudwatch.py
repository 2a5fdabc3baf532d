"""CloudWatch's alarms: JSON inside JSON over SNS, or events of EventBridge."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Alert
from schemas.times import parse_time
from sources import eventbridge
from sources.cloudwatch import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.aws_events import event
from tests.sources.samples import AT

ALARM: dict[str, Any] = {
    "AlarmName": "checkout-latency",
    "AlarmDescription": "checkout is slow",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 datapoint [2.3 (03/02/26 08:05:00)] was greater than 1.0.",
    "StateChangeTime": "2026-02-03T08:06:22.984+0000",
    "Region": "US West (Oregon)",
    "AlarmArn": "arn:aws:cloudwatch:us-west-2:123456789012:alarm:checkout-latency",
    "OldStateValue": "OK",
    "Trigger": {
        "MetricName": "Latency",
        "Namespace": "AWS/ECS",
        "Dimensions": [
            {"name": "ServiceName", "value": "checkout"},
            {"name": "ClusterName", "value": "main"},
        ],
    },
}


def sns(message: Json, **fields: Json) -> dict[str, Any]:
    """A message of SNS."""
    return {
        "Type": "Notification",
        "MessageId": "e288882d",
        "TopicArn": "arn:aws:sns:us-west-2:123456789012:alarms",
        "Message": message,
        "Timestamp": "2026-02-03T08:06:23.134Z",
        "Signature": "Wui8ZxaiH1IXLGJOTonbzc9l",
        "UnsubscribeURL": "https://sns.example.com/?Action=Unsubscribe",
        **fields,
    }


def inside(**fields: Json) -> dict[str, Any]:
    """A message of SNS with the alarm, some of its fields replaced, as a text."""
    return sns(orjson.dumps({**ALARM, **fields}).decode())


def reading(body: Json) -> Reading:
    """What the adapter says."""
    return read(body, {}, AT)


def only(body: Json) -> Alert:
    """The alert of a delivery."""
    (record,) = reading(body).records
    assert isinstance(record.message, Alert)
    return record.message


def test_an_alarm_is_json_inside_json() -> None:
    """Every fact should be read out of the text."""
    (record,) = reading(inside()).records
    assert isinstance(record.message, Alert)
    assert ("alerts", ("checkout",)) == (record.topic, record.key)
    assert {
        "source": "cloudwatch",
        "source_ref": f"cloudwatch:{ALARM['AlarmArn']}@2026-02-03T08:06:22.984+0000",
        "fingerprint": ALARM["AlarmArn"],
        "name": "checkout-latency",
        "status": "firing",
        "service": "checkout",
        "references": (
            "service:checkout",
            "aws.amazon.com/ServiceName:checkout",
            "aws.amazon.com/ClusterName:main",
        ),
        "summary": "checkout is slow",
        "value": "2.3",
        "labels": {"ServiceName": "checkout", "ClusterName": "main"},
        "annotations": {"description": "checkout is slow", "reason": ALARM["NewStateReason"]},
        "starts_at": parse_time("2026-02-03T08:06:22.984Z"),
        "notified_at": parse_time("2026-02-03T08:06:23.134Z"),
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_the_original_holds_the_alarm_as_json_and_no_signature() -> None:
    """What a packet cites should be readable."""
    original = orjson.loads(only(inside()).original)
    assert ALARM == original["Message"]
    assert {"Message", "MessageId", "Timestamp", "TopicArn", "Type"} == set(original)


@pytest.mark.parametrize(
    "body",
    [
        inside(),
        sns(ALARM),
        ALARM,
        {"Records": [{"EventSource": "aws:sns", "Sns": inside()}]},
    ],
)
def test_every_way_in_which_sns_delivers_is_read(body: Json) -> None:
    """As a text, as an object, raw, and as a Lambda function is given it."""
    assert ALARM["AlarmArn"] == only(body).fingerprint


def test_an_alarm_that_is_ok_again_is_resolved() -> None:
    """It should end when its state changed."""
    message = only(inside(NewStateValue="OK", OldStateValue="ALARM"))
    assert ("resolved", parse_time("2026-02-03T08:06:22.984Z")) == (message.status, message.ends_at)
    assert (True, False) == (message.is_bare_end, only(inside()).is_bare_end)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"NewStateValue": "INSUFFICIENT_DATA", "OldStateValue": "ALARM"}, "insufficient_data"),
        ({"NewStateValue": "OK", "OldStateValue": "INSUFFICIENT_DATA"}, "was_not_firing"),
    ],
)
def test_missing_data_is_neither_a_beginning_nor_an_end(fields: dict[str, Json], reason: str) -> None:
    """A service that is gone sends no data, either."""
    assert [reason] == [note.reason for note in reading(inside(**fields)).ignored]


def test_a_subscription_is_not_confirmed_by_following_an_address(shared_folder: Path) -> None:
    """The published confirmation should be ignored with what to do, and without its token."""
    path = shared_folder / "samples" / "payloads" / "alerts" / "alerta"
    body = orjson.loads((path / "cloudwatch_subscription_confirmation.49.json").read_bytes())
    (note,) = reading(body).ignored
    assert note.reason == "confirmation"
    assert "confirm it in AWS" in note.detail
    assert "2336412f" not in note.detail


def test_an_alarm_over_several_metrics_has_the_dimensions_of_all(shared_folder: Path) -> None:
    """The published sample with an expression should be read."""
    path = (
        shared_folder / "samples" / "payloads" / "aws" / "cloudwatch-alarm-sns-payload-multiple-metrics.json"
    )
    message = only(orjson.loads(path.read_bytes()))
    assert {"InstanceId": "TestInstance"} == message.labels
    assert "1234.0" == message.value


def test_an_alarm_without_an_arn_is_named_by_region_account_and_name() -> None:
    """Older notifications have none."""
    assert "US West (Oregon)/123456789012/checkout-latency" == only(inside(AlarmArn=None)).fingerprint


def alarm_event(state: str, before: str) -> dict[str, Any]:
    """An event of EventBridge about an alarm."""
    detail: dict[str, Json] = {
        "alarmName": "checkout-latency",
        "state": {"value": state, "reason": "x", "timestamp": "2026-02-03T08:06:22.984+0000"},
        "previousState": {"value": before, "timestamp": "2026-02-03T08:00:00.000+0000"},
        "configuration": {
            "description": "checkout is slow",
            "metrics": [{"metricStat": {"metric": {"dimensions": {"FunctionName": "checkout"}}}}],
        },
    }
    return event("CloudWatch Alarm State Change", detail, resources=[ALARM["AlarmArn"]])


def test_an_alarm_over_eventbridge_is_the_same_alarm() -> None:
    """Its fingerprint should be the same as over SNS; the end should know its beginning."""
    (firing,), (resolved,) = (
        eventbridge.read(body, {}, AT).records
        for body in (alarm_event("ALARM", "OK"), alarm_event("OK", "ALARM"))
    )
    assert isinstance(firing.message, Alert)
    assert isinstance(resolved.message, Alert)
    assert (ALARM["AlarmArn"], "checkout") == (firing.message.fingerprint, firing.message.service)
    assert (parse_time("2026-02-03T08:00:00Z"), parse_time("2026-02-03T08:06:22.984Z"), False) == (
        resolved.message.starts_at,
        resolved.message.ends_at,
        resolved.message.is_bare_end,
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (0, "not_an_object"),
        (sns("no alarm"), "not_an_alarm"),
        (sns('{"pipeline": "x"}'), "not_an_alarm"),
        ({"Records": [{}]}, "not_an_object"),
        (inside(AlarmName=""), "no_name"),
        (inside(NewStateValue=None), "no_state"),
        (inside(StateChangeTime="x"), "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(body).refused]


def test_no_records_are_ignored() -> None:
    """There is nothing to read."""
    assert ["empty"] == [note.reason for note in reading({"Records": []}).ignored]
