"""Unleash: what changes what a flag serves, and what only its name."""

import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.reading import Reading
from sources.unleash import read
from streams.redact import Json
from tests.sources.examples import UNLEASH
from tests.sources.samples import AT


def reading(**fields: Json) -> Reading:
    """What the adapter says about an event with some fields replaced."""
    return read({**UNLEASH, **fields}, {}, AT)


def only(**fields: Json) -> Change:
    """The change of an event with some fields replaced."""
    (record,) = reading(**fields).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_flag_that_was_turned_on_is_read_whole() -> None:
    """Every fact should be read."""
    (record,) = reading().records
    assert isinstance(record.message, Change)
    assert ("flags", ("new-cart",)) == (record.topic, record.key)
    time = parse_time("2026-02-03T08:01:09.412Z")
    assert {
        "kind": "flag",
        "source": "unleash",
        "source_ref": "unleash:919",
        "target": "flag/new-cart",
        "environment": "production",
        "references": ("flag:new-cart",),
        "title": "flag new-cart: feature-environment-enabled in production",
        "before": "off",
        "after": "on",
        "actor": "k.lam",
        "effective_at": time,
        "notified_at": time,
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_a_strategy_says_what_it_was_and_is_set_to() -> None:
    """Parameters should be before and after, as they stand in the event."""
    message = only(
        type="feature-strategy-update",
        preData={"name": "flexibleRollout", "parameters": {"rollout": "10"}},
        data={"name": "flexibleRollout", "parameters": {"rollout": "100"}},
    )
    assert ('{"rollout":"10"}', '{"rollout":"100"}') == (message.before, message.after)


@pytest.mark.parametrize(
    ("kind", "suspectable"),
    [
        ("feature-environment-disabled", True),
        ("feature-strategy-add", True),
        ("feature-environment-variants-updated", True),
        ("feature-archived", True),
        ("segment-updated", True),
        ("feature-created", False),
        ("feature-metadata-updated", False),
        ("feature-tagged", False),
        ("feature-stale-on", False),
        ("segment-created", False),
    ],
)
def test_what_serves_nothing_else_cannot_be_to_blame(kind: str, suspectable: bool) -> None:  # noqa: FBT001 - a table
    """It should be kept, with the rule that clears it."""
    message = only(type=kind)
    assert (suspectable, not suspectable) == (message.suspectable, bool(message.verdict))


def test_a_segment_is_a_config_change() -> None:
    """It has no flag of its own."""
    message = only(type="segment-updated", featureName=None, data={"name": "staff"}, environment=None)
    assert ("config", "config/segments//staff") == (message.kind, message.target)


@pytest.mark.parametrize(
    "kind", ["change-request-created", "project-created", "user-updated", "addon-config-updated"]
)
def test_other_events_are_ignored_with_the_reason(kind: str) -> None:
    """Projects, people and requests change nothing that is served."""
    assert ["other_event"] == [note.reason for note in reading(type=kind).ignored]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x", "not_an_object"),
        ({"text": "a template of somebody's own"}, "not_an_event"),
        ({**UNLEASH, "featureName": None}, "no_name"),
        ({**UNLEASH, "createdAt": 5}, "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in read(body, {}, AT).refused]
