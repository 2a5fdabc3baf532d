"""Opsgenie: milliseconds and nanoseconds in one body, priorities as texts or numbers."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Alert
from schemas.times import parse_time
from sources.opsgenie import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT

ALERT: dict[str, Any] = {
    "alertId": "ec03dad6",
    "message": "error rate is 12.5%",
    "tags": ["vip", "service:checkout", "env=production"],
    "tinyId": "2",
    "entity": "web-3",
    "alias": "checkout/errors",
    "createdAt": 1770106222984,
    "updatedAt": 1770106223984000110,
    "priority": "P1",
    "details": {"namespace": "shop"},
}


def body(action: str = "Create", **fields: Json) -> dict[str, Any]:
    """A delivery with some fields of its alert replaced."""
    return {"action": action, "alert": {**ALERT, **fields}, "source": {"name": "web"}, "integrationId": "d"}


def reading(delivered: Json) -> Reading:
    """What the adapter says."""
    return read(delivered, {}, AT)


def only(delivered: Json) -> Alert:
    """The alert of a delivery."""
    (record,) = reading(delivered).records
    assert isinstance(record.message, Alert)
    return record.message


def test_a_created_alert_is_read_whole() -> None:
    """Every fact should be read; tags and details count as labels."""
    (record,) = reading(body()).records
    assert isinstance(record.message, Alert)
    assert ("alerts", ("checkout",)) == (record.topic, record.key)
    assert {
        "source": "opsgenie",
        "source_ref": "opsgenie:ec03dad6",
        "fingerprint": "checkout/errors",
        "name": "error rate is 12.5%",
        "status": "firing",
        "severity": "critical",
        "service": "checkout",
        "namespace": "shop",
        "environment": "production",
        "references": ("service:checkout", "service:web-3", "host:web-3"),
        "summary": "error rate is 12.5%",
        "value": "12.5%",
        "labels": {"service": "checkout", "env": "production", "namespace": "shop", "priority": "P1"},
        "starts_at": parse_time("2026-02-03T08:10:22.984Z"),
        "notified_at": parse_time("2026-02-03T08:10:23.984Z"),
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_milliseconds_and_nanoseconds_are_told_apart(shared_folder: Path) -> None:
    """The published samples should give times of the same day from both units."""
    folder = shared_folder / "samples" / "payloads" / "alerts" / "zulip"
    created, closed = (
        only(orjson.loads((folder / f"opsgenie.{name}.json").read_bytes())) for name in ("create", "close")
    )
    assert created.starts_at == created.notified_at == parse_time("2017-08-14T11:25:56.288Z")
    assert (parse_time("2015-01-05T10:03:11.104Z"), parse_time("2015-01-05T10:06:14.669001Z")) == (
        closed.starts_at,
        closed.ends_at,
    )


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "critical"), (3, "warning"), ("2", "error"), ("P5", "info"), (None, "unknown")],
)
def test_a_priority_may_be_a_text_or_a_number(priority: Json, severity: str) -> None:
    """3 should mean P3."""
    assert severity == only(body(priority=priority)).severity


@pytest.mark.parametrize(
    ("action", "status"),
    [("Create", "firing"), ("UpdatePriority", "firing"), ("Close", "resolved"), ("Delete", "resolved")],
)
def test_an_action_begins_or_ends_the_same_alert(action: str, status: str) -> None:
    """Start and fingerprint should stay, so that the end meets its beginning."""
    message = only(body(action))
    assert (status, "checkout/errors", parse_time("2026-02-03T08:10:22.984Z")) == (
        message.status,
        message.fingerprint,
        message.starts_at,
    )


def test_a_close_without_a_beginning_ends_what_is_open() -> None:
    """Where the webhook leaves createdAt out, the alias alone should say which alert it is."""
    assert (True, False) == (only(body("Close", createdAt=None)).is_bare_end, only(body("Close")).is_bare_end)


@pytest.mark.parametrize("action", ["Acknowledge", "AddNote", "Snooze", "AssignOwnership"])
def test_what_people_do_about_an_alert_is_ignored(action: str) -> None:
    """It neither begins nor ends anything."""
    assert ["other_action"] == [note.reason for note in reading(body(action)).ignored]


def test_without_an_alias_the_alert_is_named_by_its_id() -> None:
    """The id should do for repeats of the same alert."""
    assert "ec03dad6" == only(body(alias="")).fingerprint


@pytest.mark.parametrize(
    ("delivered", "reason"),
    [
        (1, "no_alert"),
        ({"action": "Create"}, "no_alert"),
        ({"alert": {}}, "no_action"),
        (body(alertId=None), "no_name"),
        (body(createdAt=None, updatedAt="x"), "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(delivered: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(delivered).refused]
