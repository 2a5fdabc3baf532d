"""flagd: one change for each flag that differs between two documents."""

import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.flagd import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT, flag_event

TIME = "2026-02-03T08:01:09.412Z"


def flag(variant: str | None = "off", **fields: Json) -> dict[str, Json]:
    """A flag with two variants."""
    return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": variant, **fields}


def reading(before: Json, after: Json, **event: Json) -> Reading:
    """What the adapter says about two sets of flags."""
    delivered = flag_event({"flags": before}, {"flags": after}, TIME)
    assert isinstance(delivered, dict)
    return read({**delivered, **event}, {}, AT)


def only(before: Json, after: Json, **event: Json) -> Change:
    """The single change between two states of the flag `a`."""
    flags: list[dict[str, Json]] = [{} if side is None else {"a": side} for side in (before, after)]
    (record,) = reading({"b": flag(), **flags[0]}, {**flags[1], "b": flag()}, **event).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_flag_that_was_turned_on_is_a_change() -> None:
    """Every fact should be read, named by flag and time as published."""
    message = only(flag("off"), flag("on"), environment="production", actor="d.ito")
    assert {
        "kind": "flag",
        "source": "flagd",
        "source_ref": f"flagd:a@{TIME}",
        "target": "flag/a",
        "environment": "production",
        "references": ("flag:a",),
        "title": "flag a: default variant off -> on",
        "before": "off",
        "after": "on",
        "actor": "d.ito",
        "effective_at": parse_time(TIME),
        "notified_at": parse_time(TIME),
    } == message.model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("before", "after", "words", "title"),
    [
        (flag("on"), flag("off"), ("on", "off"), "flag a: default variant on -> off"),
        (flag(), flag(state="DISABLED"), ("ENABLED", "DISABLED"), "flag a: state ENABLED -> DISABLED"),
        (flag(), flag(targeting={"if": [1]}), (None, '{"if":[1]}'), 'flag a: targeting none -> {"if":[1]}'),
        (
            flag(variants={"on": 1}),
            flag(variants={"on": True}),
            ('{"on":1}', '{"on":true}'),
            'flag a: variants {"on":1} -> {"on":true}',
        ),
        (None, flag("on"), (None, "on"), "flag a added, on"),
        (flag("on"), None, ("on", None), "flag a removed, was on"),
        (flag("off"), flag(None), ("off", None), "flag a: default variant off -> none"),
    ],
)
def test_what_differs_is_said_in_words(
    before: Json, after: Json, words: tuple[str | None, str | None], title: str
) -> None:
    """The most telling difference should be named, with both values as they stand in the document."""
    message = only(before, after)
    assert (words, title, True) == ((message.before, message.after), message.title, message.suspectable)


def test_a_new_description_cannot_be_to_blame() -> None:
    """Words about a flag should be kept as a change that is not suspectable."""
    message = only(flag(description="x"), flag(description="y"))
    assert not message.suspectable
    assert message.verdict == "only its description or metadata changed"


def test_a_shared_rule_changes_every_flag_that_refers_to_it() -> None:
    """Flags with a reference to a changed evaluator should count as changed, others not."""
    before: Json = {
        "flags": {"a": flag(targeting={"$ref": "staff"}), "b": flag()},
        "$evaluators": {"staff": {"in": [1]}},
    }
    after: Json = {
        "flags": {"a": flag(targeting={"$ref": "staff"}), "b": flag()},
        "$evaluators": {"staff": {"in": [2]}},
    }
    records = read(flag_event(before, after), {}, AT).records
    assert [("a",)] == [record.key for record in records]
    assert isinstance(records[0].message, Change)
    assert records[0].message.suspectable


def test_flags_may_come_as_a_list() -> None:
    """The newer form of a document should be read the same."""
    records = reading([{"key": "a", **flag("off")}], [{"key": "a", **flag("on")}]).records
    assert [("a",)] == [record.key for record in records]


def test_several_flags_are_several_changes_with_the_same_time() -> None:
    """Each should stand under its own path."""
    result = reading({"a": flag(), "b/c": flag()}, {"a": flag("on"), "b/c": flag("on")})
    assert ["/data/after/flags/a", "/data/after/flags/b~1c"] == [record.path for record in result.records]


def test_binary_mode_has_its_attributes_in_the_headers() -> None:
    """The same event with the attributes as headers should give the same change."""
    data: Json = {"before": {"flags": {"a": flag("off")}}, "after": {"flags": {"a": flag("on")}}}
    headers = {
        "ce-type": "dev.flagd.flags.changed",
        "ce-time": TIME,
        "ce-source": "s",
        "ce-id": "1",
        "ce-specversion": "1.0",
    }
    (record,) = read(data, headers, AT).records
    assert isinstance(record.message, Change)
    assert f"flagd:a@{TIME}" == record.message.source_ref


def test_a_batch_is_read_event_by_event() -> None:
    """A good event should be read beside a bad one."""
    good = flag_event({"flags": {"a": flag("off")}}, {"flags": {"a": flag("on")}})
    result = read([good, {"type": "x"}], {}, AT)
    assert (["/0/data/after/flags/a"], ["/1"]) == (
        [r.path for r in result.records],
        [r.path for r in result.refused],
    )


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "com.example.other"}, "other_type"),
        ({"time": None}, "no_time"),
        ({"data": {"before": {"flags": {}}}}, "no_after"),
        ({"data": {"before": {"flags": {}}, "after": {}}}, "no_flags"),
        ({"data": {"before": 1, "after": {"flags": {}}}}, "no_flags"),
    ],
)
def test_what_cannot_be_understood_is_refused(event: dict[str, Json], reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading({}, {}, **event).refused]


def test_nothing_to_compare_is_ignored() -> None:
    """Equal documents and a first document should be ignored with the reason."""
    assert ["no_difference"] == [note.reason for note in reading({"a": flag()}, {"a": flag()}).ignored]
    first = reading({}, {}, data={"before": None, "after": {"flags": {"a": flag()}}})
    assert ["first_document"] == [note.reason for note in first.ignored]


def test_a_changed_secret_is_a_change_that_shows_no_secret() -> None:
    """A difference should be found before masking, and be shown masked."""
    message = only(flag(variants={"password": "s3cr3t-1"}), flag(variants={"password": "s3cr3t-2"}))
    assert message.suspectable
    assert "s3cr3t" not in message.model_dump_json()


def test_a_flag_named_like_a_secret_is_read_all_the_same() -> None:
    """The name of a flag says nothing about its variants."""
    records = reading({"resetPassword": flag("off")}, {"resetPassword": flag("on")}).records
    assert isinstance(records[0].message, Change)
    assert ("off", "on") == (records[0].message.before, records[0].message.after)
