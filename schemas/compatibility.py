"""The gate for schema changes: what a topic promises its readers is held over all of its versions.

Pure functions over the catalogue and the committed `.avsc` files; run as a program it prints what is wrong.
May not: change a schema. Goes to: CI (`python -m schemas.compatibility`) and the tests.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import AvroException
from avro.schema import parse as parse_schema

from schemas.model import NAMESPACE, avro_of
from schemas.parsed import schema_text
from schemas.topics import TOPICS, Compatibility, Topic

FIRST_ID: Final = 1001
"""Schema ids start here and go up in tens by topic, so that ten versions of each fit beside one another."""

_FORWARD: Final = frozenset({"FULL_TRANSITIVE"})
_TRANSITIVE: Final = frozenset({"BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"})

TextOf = Callable[[str, int], str]


def breaks(mode: Compatibility, versions: Sequence[str]) -> tuple[str, ...]:
    """What each version breaks for readers of the others: a line each, none when the promise is kept.

    `versions` are Avro schemas as JSON text, oldest first. BACKWARD: a version reads what the one before it
    wrote. BACKWARD_TRANSITIVE: what any before it wrote. FULL_TRANSITIVE: also the other way round.
    """
    lines: list[str] = []
    for new in range(1, len(versions)):
        for old in range(0 if mode in _TRANSITIVE else new - 1, new):
            pairs = [(new, old), (old, new)] if mode in _FORWARD else [(new, old)]
            for reader, writer in pairs:
                found = unreadable(versions[reader], versions[writer])
                lines += [f"v{reader + 1} cannot read what v{writer + 1} wrote: {line}" for line in found]
    return tuple(lines)


def unreadable(reader: str, writer: str) -> tuple[str, ...]:
    """Why values written under one schema cannot be read, or would mean something else, under another.

    Avro's own rules, and two things that they let pass: a changed logical type (same bytes, another meaning)
    and bytes read as text (a reader that meets bytes that are no text fails).
    """
    try:
        reading, writing = parse_schema(reader), parse_schema(writer)
    except AvroException as wrong:
        return (f"not a schema: {str(wrong).splitlines()[0]}",)
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call] # avro is typed in part
    result = checker.get_compatibility(reading, writing)
    rules = () if result.compatibility is SchemaCompatibilityType.compatible else _told(result)
    return (*rules, *_changed_meaning(json.loads(reader), json.loads(writer)))


def catalogue_problems(
    topics: Mapping[str, Topic] = TOPICS, text_of: TextOf = schema_text
) -> tuple[str, ...]:
    """Everything that is wrong with the schemas of a catalogue: a line each, the topic's name in front."""
    lines = list(_id_problems(topics))
    for topic in topics.values():
        lines += [f"{topic.name}: {line}" for line in _topic_problems(topic, partial(text_of, topic.name))]
    return tuple(lines)


def _id_problems(topics: Mapping[str, Topic]) -> Iterator[str]:
    owner: dict[int, str] = {}
    for topic in topics.values():
        if sorted(topic.schema_ids) != list(range(1, topic.version + 1)):
            yield f"{topic.name}: versions must be 1 to {topic.version} without a hole"
        for schema_id in topic.schema_ids.values():
            if schema_id < FIRST_ID or schema_id in owner:
                yield f"{topic.name}: schema id {schema_id} is taken by {owner.get(schema_id, 'nobody')}"
            owner[schema_id] = topic.name


def _topic_problems(topic: Topic, text_of: Callable[[int], str]) -> Iterator[str]:
    try:
        texts = [text_of(version) for version in sorted(topic.schema_ids)]
    except OSError as missing:
        yield f"a schema file is missing: {missing}"
        return
    for version, text in enumerate(texts, 1):
        yield from (f"v{version}: {line}" for line in _form_problems(topic, json.loads(text)))
    if json.loads(texts[-1]) != avro_of(topic.model, topic.record):
        yield f"v{topic.version} is not what the model {topic.model.__name__} says"
    yield from breaks(topic.compatibility, texts)


def _form_problems(topic: Topic, schema: Any) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    if (schema.get("namespace"), schema.get("name")) != (NAMESPACE, topic.record):
        yield f"the record must be {NAMESPACE}.{topic.record}"
    for record in _records(schema):
        if not record.get("doc"):
            yield f"{record['name']} has no doc"
        for field in record["fields"]:
            if not field.get("doc"):
                yield f"{record['name']}.{field['name']} has no doc"


def _records(schema: Any) -> Iterator[Any]:  # noqa: ANN401 - nested JSON
    if isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
        for value in schema.values():
            yield from _records(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _records(item)


def _told(result: Any) -> tuple[str, ...]:  # noqa: ANN401 - avro has no types
    where = ", ".join(sorted(result.locations - {"/"})) or "/"
    return tuple(f"{message} at {where}" for message in sorted(result.messages))


def _changed_meaning(reader: Any, writer: Any) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    """Fields of the same record and name whose bytes read alike and mean something else."""
    written = {record["name"]: record for record in _records(writer)}
    for record in _records(reader):
        before = {field["name"]: field for field in written.get(record["name"], {}).get("fields", ())}
        for field in record["fields"]:
            old = before.get(field["name"])
            if old is not None:
                yield from _meaning(f"{record['name']}.{field['name']}", field["type"], old["type"])


def _meaning(name: str, new: Any, old: Any) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    was, now = _logical(old), _logical(new)
    if was != now:
        yield f"{name} was {was or 'without a logical type'} and is {now or 'without one'}"
    if {json.dumps(old), json.dumps(new)} == {'"bytes"', '"string"'}:
        yield f"{name} was {old} and is {new}"


def _logical(kind: Any) -> str:  # noqa: ANN401 - nested JSON
    """The logical types inside a field's type, without those of records, which are compared by themselves."""
    if isinstance(kind, list):
        return " ".join(filter(None, map(_logical, kind)))
    if not isinstance(kind, dict) or kind.get("type") == "record":
        return ""
    inner = kind.get("items", kind.get("values", ""))
    return str(kind.get("logicalType", "")) or _logical(inner)


def main() -> int:
    """Print what is wrong, a line each, and give the exit code: 0 when nothing is."""
    lines = catalogue_problems()
    for line in lines:
        sys.stderr.write(f"schemas: {line}\n")
    if not lines:
        sys.stdout.write(f"schemas: {len(TOPICS)} topics keep what they promise\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
