"""The schema gate: today's catalogue passes, and every kind of breaking change fails it."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.compatibility import breaks, catalogue_problems, main
from schemas.parsed import schema_text
from schemas.topics import TOPICS, Compatibility

Change = Callable[[dict[str, Any]], None]
V1 = {
    "type": "record",
    "name": "Alert",
    "namespace": "incidents",
    "doc": "An alert.",
    "fields": [
        {"name": "name", "type": "string", "doc": "Name."},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}, "doc": "When."},
        {"name": "note", "type": ["null", "string"], "default": None, "doc": "Note."},
        {"name": "raw", "type": "bytes", "doc": "What arrived."},
    ],
}


def _changed(change: Change) -> str:
    schema = json.loads(json.dumps(V1))
    change(schema)
    return json.dumps(schema)


def _add_without_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "team", "type": "string", "doc": "Team."})


def _add_with_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "team", "type": "string", "default": "", "doc": "Team."})


def _drop_required(schema: dict[str, Any]) -> None:
    del schema["fields"][0]


def _drop_optional(schema: dict[str, Any]) -> None:
    del schema["fields"][2]


def _retype(schema: dict[str, Any]) -> None:
    schema["fields"][0]["type"] = "long"


def _narrow(schema: dict[str, Any]) -> None:
    schema["fields"][2] = {"name": "note", "type": "string", "doc": "Note."}


def _rename(schema: dict[str, Any]) -> None:
    schema["name"] = "Alarm"


def _milliseconds(schema: dict[str, Any]) -> None:
    schema["fields"][1]["type"]["logicalType"] = "timestamp-millis"


def _bytes_as_text(schema: dict[str, Any]) -> None:
    schema["fields"][3]["type"] = "string"


@pytest.mark.parametrize(
    "change", [_add_without_default, _retype, _narrow, _rename, _milliseconds, _bytes_as_text]
)
@pytest.mark.parametrize("mode", ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"])
def test_a_change_that_old_values_do_not_survive_fails_in_every_mode(
    change: Change, mode: Compatibility
) -> None:
    """A version that cannot read, or reads otherwise, what stands in the topic should be refused."""
    assert any(
        line.startswith("v2 cannot read what v1 wrote")
        for line in breaks(mode, [json.dumps(V1), _changed(change)])
    )


@pytest.mark.parametrize("change", [_add_with_default, _drop_optional])
@pytest.mark.parametrize("mode", ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"])
def test_a_change_that_everybody_survives_passes(change: Change, mode: Compatibility) -> None:
    """A field with a default should come and go freely."""
    assert () == breaks(mode, [json.dumps(V1), _changed(change)])


def test_a_dropped_required_field_fails_only_where_old_readers_are_promised_to_go_on() -> None:
    """New readers do not miss it; consumers that have not been updated would."""
    versions = [json.dumps(V1), _changed(_drop_required)]
    assert () == breaks("BACKWARD_TRANSITIVE", versions)
    assert ("v1 cannot read what v2 wrote: name at /fields/0",) == breaks("FULL_TRANSITIVE", versions)


def test_a_break_with_the_version_before_the_last_fails_only_when_transitive() -> None:
    """A field that came with a default and then lost it should still break values of before it came."""
    versions = [json.dumps(V1), _changed(_add_with_default), _changed(_add_without_default)]
    assert () == breaks("BACKWARD", versions)
    assert 1 == len(breaks("BACKWARD_TRANSITIVE", versions))


def test_the_catalogue_keeps_its_promises() -> None:
    """The committed schemas should pass, equal their models, and be documented in every field."""
    assert () == catalogue_problems()
    assert 0 == main()


@pytest.mark.parametrize("topic", TOPICS)
def test_an_incompatible_next_version_of_any_topic_would_fail(topic: str) -> None:
    """A planted next version with a new required field should be refused for every topic."""
    entry = TOPICS[topic]
    second = max(entry.schema_ids) + 1
    planted = json.loads(schema_text(topic, entry.version))
    planted["fields"].append({"name": "planted", "type": "string", "doc": "Planted."})
    ids = {**entry.schema_ids, second: 9_999}

    def text_of(name: str, version: int) -> str:
        return json.dumps(planted) if version == second else schema_text(name, version)

    problems = catalogue_problems({topic: dataclasses.replace(entry, schema_ids=ids)}, text_of)
    assert any(f"v{second} cannot read what v{entry.version} wrote: planted" in line for line in problems)


def test_a_schema_that_is_not_its_model_is_refused() -> None:
    """A field that stands only in the schema file should be named by topic and model."""
    problems = catalogue_problems({"alerts": TOPICS["alerts"]}, lambda *_: json.dumps(V1))
    assert f"alerts: v{TOPICS['alerts'].version} is not what the model Alert says" in problems


def test_a_field_without_words_is_refused() -> None:
    """A field that does not say what it means should be named."""
    silent = json.dumps(V1).replace('"doc": "When."', '"doc": ""')
    problems = catalogue_problems({"alerts": TOPICS["alerts"]}, lambda *_: silent)
    assert "alerts: v1: Alert.at has no doc" in problems


def test_an_id_is_never_used_twice() -> None:
    """Two topics with the same schema id should be refused, since readers find the schema by it."""
    twin = dataclasses.replace(TOPICS["flags"], schema_ids=dict(TOPICS["alerts"].schema_ids))
    problems = catalogue_problems({"alerts": TOPICS["alerts"], "flags": twin})
    assert "flags: schema id 1001 is taken by alerts" in problems


def test_a_missing_file_is_named() -> None:
    """A version whose schema file is not there should be told, not raised."""
    known = TOPICS["alerts"]
    later = dataclasses.replace(known, schema_ids={**known.schema_ids, known.version + 1: 1009})
    assert any(f"alerts.v{later.version}.avsc" in line for line in catalogue_problems({"alerts": later}))
