"""Flagsmith: a flag's state in an environment, and what the audit log says of it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.flagsmith import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT


def state(**fields: Json) -> dict[str, Json]:
    """A flag's state with some fields replaced."""
    return {
        "enabled": False,
        "environment": {"id": 23, "name": "Production"},
        "feature": {"id": 7168, "name": "butter_bar"},
        "feature_state_value": "50",
        "identity_identifier": None,
        **fields,
    }


def body(old: Json, new: Json, **fields: Json) -> dict[str, Any]:
    """A webhook about two states."""
    data = {"changed_by": "k@example.com", "timestamp": "2026-02-03T08:01:09.595298Z"}
    return {"event_type": "FLAG_UPDATED", "data": {**data, "previous_state": old, "new_state": new, **fields}}


def reading(delivered: Json) -> Reading:
    """What the adapter says."""
    return read(delivered, {}, AT)


def only(delivered: Json) -> Change:
    """The change of a delivery."""
    (record,) = reading(delivered).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_flag_that_was_enabled_is_read_whole() -> None:
    """Every fact should be read; flag and time as published name the change."""
    (record,) = reading(body(state(), state(enabled=True))).records
    assert isinstance(record.message, Change)
    assert ("flags", ("butter_bar",)) == (record.topic, record.key)
    time = parse_time("2026-02-03T08:01:09.595298Z")
    assert {
        "kind": "flag",
        "source": "flagsmith",
        "source_ref": "flagsmith:butter_bar@2026-02-03T08:01:09.595298Z",
        "target": "flag/butter_bar",
        "environment": "Production",
        "references": ("flag:butter_bar",),
        "title": "flag butter_bar: enabled false -> true",
        "before": "false",
        "after": "true",
        "actor": "k@example.com",
        "effective_at": time,
        "notified_at": time,
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_a_value_that_was_changed_is_the_difference() -> None:
    """The most telling field that differs should be before and after."""
    message = only(body(state(), state(feature_state_value="70")))
    assert ("50", "70") == (message.before, message.after)
    assert message.title == "flag butter_bar: feature_state_value 50 -> 70"


@pytest.mark.parametrize(
    ("delivered", "verdict"),
    [
        (body(state(), state()), "nothing that it serves differs"),
        (
            body(state(), state(enabled=True, identity_identifier="ana")),
            "it holds for a single identity only",
        ),
        (body(None, state(enabled=True)), ""),
        ({**body(state(), None), "event_type": "FLAG_DELETED"}, ""),
    ],
)
def test_what_serves_nothing_else_cannot_be_to_blame(delivered: Json, verdict: str) -> None:
    """It should be kept, with the rule that clears it."""
    message = only(delivered)
    assert (verdict, not verdict) == (message.verdict, message.suspectable)


def test_the_published_samples_are_read(shared_folder: Path) -> None:
    """The environment's webhook is a suspect, the entry about a new feature is not."""
    folder = shared_folder / "samples" / "payloads" / "flags" / "flagsmith"
    update, audit = (
        only(orjson.loads((folder / f"{name}.0.json").read_bytes())) for name in ("env-webhook", "audit")
    )
    assert ("flag/butter_bar", "Development", True) == (update.target, update.environment, update.suspectable)
    assert ("flag/my_feature", None, False) == (audit.target, audit.environment, audit.suspectable)
    assert audit.title == "New Flag / Remote Config created: my_feature"


def entry(**fields: Json) -> dict[str, Json]:
    """An entry of the audit log with some fields replaced."""
    return {
        "created_date": "2026-02-03T08:01:09.006318Z",
        "log": "Flag state / Remote Config value updated for feature: my_feature",
        "author": {"email": "k@example.com"},
        "environment": {"name": "Production"},
        "related_object_type": "FEATURE_STATE",
        **fields,
    }


def test_a_state_in_the_audit_log_is_a_suspect() -> None:
    """The log's own words should be the title, the flag's name at its end the target."""
    message = only(entry())
    assert ("flag/my_feature", "Production", True) == (
        message.target,
        message.environment,
        message.suspectable,
    )
    assert "k@example.com" == message.actor


def test_other_entries_are_ignored_with_the_reason() -> None:
    """Segments' rules and people are not flags."""
    assert ["other_entry"] == [note.reason for note in reading(entry(related_object_type="GRANT")).ignored]


def test_other_events_are_ignored_with_the_reason() -> None:
    """An event that is no change of a flag should be told."""
    assert ["other_event"] == [note.reason for note in reading({"event_type": "AUDIT_LOG_CREATED"}).ignored]


@pytest.mark.parametrize(
    ("delivered", "reason"),
    [
        (1, "not_an_object"),
        ({"identity": "ana", "flags": []}, "no_event_type"),
        (body(None, {}), "no_name"),
        (body(state(), state(), timestamp=None), "no_time"),
        (entry(log="something happened"), "no_name"),
        (entry(created_date=None), "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(delivered: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(delivered).refused]
