"""What every adapter owes: no error for any JSON, no item dropped, every claimed value in its original."""

import re
from pathlib import Path
from typing import Protocol, TypeVar

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import decode, encode
from schemas.events import Alert, Change, Entity
from schemas.model import Message
from schemas.times import format_time
from sources.catalogue import FORMATS
from sources.effects import opposite
from sources.reading import Reading
from sources.recording import Delivery
from streams.redact import Json, redacted_json
from tests.sources.samples import AT, flag_event, recorded, sample_deliveries

T = TypeVar("T")
ROUTES = sorted(FORMATS)
RECORDED = {
    "alertmanager",
    "argocd",
    "catalog",
    "cloudevents",
    "flagd",
    "github",
    "gitlab",
    "grafana",
    "kubernetes-audit",
    "launchdarkly",
    "terraform",
}
"""Formats that the recordings hold."""
MADE_BY_US = ("pagerduty:event-",)
"""How references begin that hold a hash, since the sender names nothing."""
_WORDS = [
    "alerts", "labels", "annotations", "startsAt", "endsAt", "status", "firing", "resolved",
    "orgId", "truncatedAlerts", "deployment_status", "deployment", "state", "success", "payload",
    "id", "repository", "full_name", "specversion", "type", "dev.flagd.flags.changed", "time",
    "data", "before", "after", "flags", "variants", "targeting", "$evaluators", "items", "auditID",
    "verb", "stage", "objectRef", "resource", "secrets", "requestObject", "spec", "kind",
    "Component", "metadata", "name", "dependsOn", "2026-02-03T08:01:09Z", "0001-01-01T00:00:00Z",
    "---", "password", "x", "object_kind", "feature_flag", "object_attributes", "active",
    "deployment_id", "status_changed_at", "2026-02-03 07:45:47 +0000", "valueString", "values",
    "context", "timestamp", "dev.cdevents.service.deployed.0.2.0", "detail-type", "detail", "subject",
    "AWS API Call via CloudTrail", "eventSource", "eventName", "requestParameters", "ssm.amazonaws.com",
    "app", "syncResult", "revision", "resources", "finishedAt", "_id", "flag", "titleVerb", "key",
    "accesses", "notifications", "run_id", "workspace_name", "run_status", "trigger", "details",
    "event_action", "resolve", "dedup_key", "summary", "custom_details", "event", "event_type", "action",
    "Create", "alert", "alertId", "message", "createdAt", "Message", "AlarmName", "NewStateValue", "ALARM",
    "StateChangeTime", "Records", "Sns", "event_type",
    "FLAG_UPDATED", "new_state", "feature", "featureName", "feature-environment-enabled", "createdAt", "log",
    "related_object_type", "FEATURE_STATE", "details", "content", "execution", "orca:pipeline:complete",
    "stages", "deploy", "endTime",
]  # fmt: skip
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(_WORDS),
    st.text(max_size=10),
)
_json = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(_WORDS), st.text(max_size=5)), inner, max_size=6),
    ),
    max_leaves=25,
)


def _read(delivery: Delivery) -> Reading:
    """The reading, after checking what every reading owes."""
    reading = FORMATS[delivery.source].read(delivery.body, delivery.headers, delivery.received_at)
    assert reading.paths, "an item of every delivery is in one of the three"
    assert len(set(reading.paths)) == len(reading.paths), "and in one only"
    assert _expected(delivery) <= set(reading.paths), "and so is every other one"
    for record in reading.records:
        value = encode(record.topic, record.message)
        assert record.message == decode(record.topic, value)
        assert record.value in (None, value)
        _check_claims(record.message)
    for refused in reading.refused:
        assert refused.reason
        assert refused.detail
    return reading


def _expected(delivery: Delivery) -> set[str]:
    """The paths of the items of a list, where the format has one."""
    body = delivery.body
    field = {"alertmanager": "alerts", "grafana": "alerts", "kubernetes-audit": "items"}.get(delivery.source)
    if field is None or not isinstance(body, dict) or ("orgId" in body) != (delivery.source == "grafana"):
        return set()
    items = body.get(field)
    return {f"/{field}/{number}" for number in range(len(items))} if isinstance(items, list) else set()


def _check_claims(message: Message) -> None:
    """Whatever a packet may claim should stand literally in the redacted original."""
    assert isinstance(message, Alert | Change | Entity)
    assert message.original == redacted_json(orjson.loads(message.original))
    for value in _claims(message):
        escaped = orjson.dumps(value).decode()[1:-1]
        assert value in message.original or escaped in message.original


def _claims(message: Alert | Change | Entity) -> list[str]:
    named: tuple[str | None, ...]
    if isinstance(message, Entity):
        named = (
            message.name,
            message.owner,
            message.system,
            message.lifecycle,
            message.title,
            message.runbook,
        )
    elif isinstance(message, Alert):
        named = (
            message.service,
            message.environment,
            message.namespace,
            message.value,
            message.summary,
            _last_named(message.source_ref),
        )
    else:
        before = None if message.before == opposite(message.after) else message.before
        ref = _last_named(message.source_ref)
        named = (message.service, message.environment, before, message.after, message.actor, ref)
    return [value for value in named if value]


def _last_named(source_ref: str) -> str | None:
    """The part of a reference that the sender wrote; none where it is a hash or an ingest time of ours."""
    if source_ref.startswith(MADE_BY_US) or source_ref.endswith(f"@{format_time(AT)}"):
        return None
    return re.split(r"[@/]|^[a-z0-9-]+:", source_ref)[-1]


def test_every_sample_is_read(shared_folder: Path) -> None:
    """Every item of real payloads should be read, refused or ignored, with its values in its original."""
    counts = dict.fromkeys(ROUTES, 0)
    for delivery in sample_deliveries(shared_folder):
        counts[delivery.source] += len(_read(delivery).records)
    assert all(counts.values()), counts


def test_no_recorded_delivery_is_refused(shared_folder: Path) -> None:
    """Recorded deliveries of these formats are good in every item."""
    counts = dict.fromkeys(ROUTES, 0)
    for delivery in recorded(shared_folder):
        reading = _read(delivery)
        assert not reading.refused
        counts[delivery.source] += len(reading.records)
    assert {route for route, count in counts.items() if count} == RECORDED


@pytest.mark.parametrize("route", ROUTES)
@given(body=_json)
def test_any_json_is_answered(route: str, body: Json) -> None:
    """Whatever the JSON, the adapter should say what became of it."""
    _read(Delivery(AT, route, {}, body))


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("depth", [60, 250, 260, 1000])
def test_json_of_any_depth_is_answered(route: str, depth: int) -> None:
    """A body nested as deep as its reader allows should be answered, at the top and inside of a document."""
    deep: Json = orjson.loads("[" * depth + "]" * depth)
    bodies: tuple[Json, ...] = (
        deep,
        {"alerts": [deep], "items": [deep]},
        {"alerts": [{"labels": {"a": deep}, "startsAt": "2026-02-03T08:01:09Z"}]},
        {
            "deployment_status": {"created_at": "2026-02-03T08:01:09Z"},
            "deployment": {"id": 1, "payload": deep},
        },
        flag_event({"flags": {"a": deep}}, {"flags": {"a": {"variants": deep}}}),
        {
            "auditID": "1",
            "verb": "update",
            "objectRef": {},
            "requestObject": deep,
            "timestamp": "2026-02-03T08:01Z",
        },
        {"kind": "Component", "metadata": {"name": "a", "annotations": deep}, "spec": deep},
    )
    for body in bodies:
        _read(Delivery(AT, route, {}, body))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_a_mutated_copy_of_a_real_payload_is_answered(shared_folder: Path, data: st.DataObject) -> None:
    """With any value replaced, dropped or doubled, every item should still be in one of the three."""
    delivery = data.draw(st.sampled_from(_real(shared_folder)))
    body = delivery.body
    for _ in range(data.draw(st.integers(1, 3))):
        body = _mutated(body, data.draw)
    _read(Delivery(delivery.received_at, delivery.source, delivery.headers, body))


class Draw(Protocol):
    """What hypothesis offers to draw a value."""

    def __call__(self, strategy: st.SearchStrategy[T]) -> T:
        """A value of the strategy."""
        ...


_KEPT: dict[Path, list[Delivery]] = {}


def _real(shared: Path) -> list[Delivery]:
    """The samples and a few deliveries of each recording; catalogs as lists, so that they can be mutated."""
    if shared not in _KEPT:
        several = [*sample_deliveries(shared), *list(recorded(shared))[::40]]
        _KEPT[shared] = [one for one in several if len(orjson.dumps(one.body)) < 20_000]
    return _KEPT[shared]


def _mutated(value: Json, draw: Draw) -> Json:
    """The value with one place somewhere inside replaced, dropped or doubled."""
    if not value or not isinstance(value, dict | list) or draw(st.integers(0, 9)) == 0:
        return _text_mutated(value, draw) if isinstance(value, str) else draw(_json)
    action = draw(st.sampled_from(["inside", "inside", "inside", "drop", "double"]))
    if isinstance(value, dict):
        key = draw(st.sampled_from(sorted(value)))
        kept = {name: item for name, item in value.items() if name != key}
        return kept if action == "drop" else {**value, key: _mutated(value[key], draw)}
    place = draw(st.integers(0, len(value) - 1))
    item = value[place]
    middle = {"drop": [], "double": [item, item]}[action] if action != "inside" else [_mutated(item, draw)]
    return [*value[:place], *middle, *value[place + 1 :]]


def _text_mutated(value: str, draw: Draw) -> Json:
    """A text, e.g. YAML, with a piece put in somewhere."""
    place = draw(st.integers(0, len(value)))
    piece = draw(st.sampled_from(["\n---\n", ":", "[", "&a *a", "\t", "%", "x"]))
    return f"{value[:place]}{piece}{value[place:]}"
