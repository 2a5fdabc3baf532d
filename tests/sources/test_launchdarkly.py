"""LaunchDarkly's audit log: what turns a flag, what only renames it, in both forms of an entry."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.launchdarkly import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT

ENTRY: dict[str, Any] = {
    "_id": "edb47297",
    "_accountId": "569f5141",
    "_links": {
        "canonical": {"href": "https://app.launchdarkly.com/api/v2/flags/default/new-cart"},
        "site": {"href": "https://app.launchdarkly.com/default/production/features/new-cart"},
    },
    "timestamp": {"milliseconds": 1770114390195, "rfc3339": "2026-02-03T10:26:30Z"},
    "kind": "flag",
    "name": "New cart",
    "key": "new-cart",
    "project": {"key": "default", "environment": {"key": "production"}},
    "member": {"email": "h.powell@example.com", "displayName": "Henrietta Powell", "_links": {"x": 1}},
    "titleVerb": "turned on the flag",
    "verbKind": "updateOn",
    "title": {"plainText": "Henrietta Powell turned on the flag New cart in 'Production'"},
    "details": {"plainText": ""},
}
PLAIN: dict[str, Any] = {
    "_id": "1a2b",
    "date": 1770114390195,
    "kind": "flag",
    "name": "New cart",
    "accesses": [{"action": "updateOn", "resource": "proj/default:env/production:flag/new-cart;tag"}],
    "titleVerb": "turned off the flag",
    "title": "[Henrietta](mailto:h@example.com) turned off the flag",
    "description": "",
    "member": {"email": "h@example.com"},
    "target": {"name": "New cart", "resources": ["proj/default:env/production:flag/new-cart"]},
}
"""An entry as the API shows it, without what integrations add."""


def reading(**fields: Json) -> Reading:
    """What the adapter says about an entry with some fields replaced."""
    return read({**ENTRY, **fields}, {}, AT)


def only(body: Json) -> Change:
    """The change that an entry reports."""
    (record,) = read(body, {}, AT).records
    assert isinstance(record.message, Change)
    return record.message


def sample(shared: Path, name: str) -> Json:
    """A published sample."""
    folder = shared / "samples" / "payloads" / "flags" / "launchdarkly" / "sample-context"
    body: Json = orjson.loads((folder / f"{name}.json").read_bytes())
    return body


def test_a_flag_that_was_turned_on_is_read_whole() -> None:
    """Every fact should be read, the time to the millisecond."""
    (record,) = reading().records
    assert isinstance(record.message, Change)
    assert ("flags", ("new-cart",)) == (record.topic, record.key)
    time = parse_time("2026-02-03T10:26:30.195Z")
    assert {
        "kind": "flag",
        "source": "launchdarkly",
        "source_ref": "launchdarkly:edb47297",
        "target": "flag/new-cart",
        "environment": "production",
        "references": (
            "flag:new-cart",
            "launchdarkly.com/flag:default/new-cart",
            "launchdarkly.com/project-key:default",
        ),
        "title": "flag new-cart: turned on",
        "before": "off",
        "after": "on",
        "actor": "h.powell@example.com",
        "effective_at": time,
        "notified_at": time,
        "link": "https://app.launchdarkly.com/default/production/features/new-cart",
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_an_entry_as_the_api_shows_it_is_read_the_same() -> None:
    """Key, project and environment should be found in the resource that policies name."""
    message = only(PLAIN)
    assert ("flag/new-cart", "production", "on", "off") == (
        message.target,
        message.environment,
        message.before,
        message.after,
    )
    assert message.effective_at == parse_time("2026-02-03T10:26:30.195Z")


def test_a_rollout_that_was_changed_says_from_what_to_what(shared_folder: Path) -> None:
    """The step in the details should be before and after; the first line of the details stands in the title."""
    message = only(sample(shared_folder, "flag/targeting-rule-update"))
    assert ("50%", "43%", "production") == (message.before, message.after, message.environment)
    assert message.title == "flag demo-flag: updated: Removed 'Ushki' from the variation 'true'"
    assert message.suspectable


@pytest.mark.parametrize(
    ("name", "verdict", "environment"),
    [
        ("flag/create", "what is new is served to nobody until it is turned on", None),
        ("flag/update-all-environments", "only what is said about it changed, not what it serves", None),
        ("flag/copy", "", "test"),
        ("other/segment.create", "what is new is served to nobody until it is turned on", "production"),
        ("other/segment.update", "", "production"),
    ],
)
def test_what_serves_nothing_else_cannot_be_to_blame(
    shared_folder: Path, name: str, verdict: str, environment: str | None
) -> None:
    """New flags and new tags should be kept and cleared; `~` stands for all environments."""
    message = only(sample(shared_folder, name))
    assert (verdict, not verdict, environment) == (message.verdict, message.suspectable, message.environment)


def test_a_segment_is_a_config_change(shared_folder: Path) -> None:
    """Who is in it decides what flags serve."""
    message = only(sample(shared_folder, "other/segment.update"))
    assert ("config", "config/segments/default/new-segment") == (message.kind, message.target)


@pytest.mark.parametrize("name", ["member/update", "other/metric.create", "project/create"])
def test_other_entries_are_ignored_with_the_reason(shared_folder: Path, name: str) -> None:
    """Members, metrics and projects change nothing that is served."""
    assert ["other_kind"] == [note.reason for note in read(sample(shared_folder, name), {}, AT).ignored]


def test_an_old_entry_has_only_its_time_in_seconds() -> None:
    """The text should do where the number is missing."""
    message = only({**ENTRY, "timestamp": {"rfc3339": "2026-02-03T10:26:30Z"}})
    assert message.effective_at == parse_time("2026-02-03T10:26:30Z")


def test_the_key_may_stand_in_the_address_alone() -> None:
    """The address of the flag should do."""
    assert "flag/new-cart" == only({**ENTRY, "key": None}).target


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "not_an_object"),
        ({"kind": "flag"}, "not_an_entry"),
        ({**ENTRY, "key": None, "_links": {}}, "no_key"),
        ({**ENTRY, "timestamp": None}, "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in read(body, {}, AT).refused]


def test_no_more_of_people_is_kept_than_names_them() -> None:
    """Addresses of a member's page should be left out of the original."""
    assert orjson.loads(only(ENTRY).original)["member"] == {
        "email": "h.powell@example.com",
        "displayName": "Henrietta Powell",
    }
