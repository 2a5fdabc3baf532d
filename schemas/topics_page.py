"""The page docs/topics.md, made from the catalogue: which topics there are, and what each field means.

Pure; run as a program it prints the page. May not: say anything that the catalogue and the schemas do not.
Goes to: `python -m schemas.topics_page > docs/topics.md`; a test holds the committed page against it.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT, HEADER_TICK
from schemas.parsed import schema_text
from schemas.topics import FOR_EVER, TOPICS, Topic

_HEAD = f"""\
<!-- Made by `python -m schemas.topics_page`; change the catalogue in schemas/, not this page. -->

# Topics

Every value is Avro in Confluent's wire format: a zero byte, the schema id as four bytes, the value. The ids
are fixed, and the gateway serves the schemas at a registry's addresses (`/subjects`, `/schemas/ids/<id>`).
All times are microseconds since 1970 UTC (`timestamp-micros`).

Records of input topics carry headers: `{HEADER_TENANT}` (name of the tenant), `{HEADER_INGESTED_AT}` (set by
the gateway: decimal microseconds at which it took the delivery) and, on ticks alone, `{HEADER_TICK}`.
A direct producer sets `{HEADER_TENANT}` only, and may leave the key null except on compacted topics.

Compatibility, held by `make schemas`: `BACKWARD` reads what the version before wrote,
`BACKWARD_TRANSITIVE` what any version before wrote, `FULL_TRANSITIVE` also lets older readers go on.
"""


def topics_page(topics: Mapping[str, Topic] = TOPICS) -> str:
    """The whole page as Markdown, ending in a line break."""
    parts = [_HEAD, _overview(topics.values()), *(_section(topic) for topic in topics.values())]
    return "\n".join(parts)


def _overview(topics: Iterable[Topic]) -> str:
    head = ("topic", "what", "written by", "read by", "key", "kept", "compatibility")
    rows = [
        (f"[`{t.name}`](#{t.name})", t.purpose, t.writers, t.readers, t.key, _kept(t), t.compatibility)
        for t in topics
    ]
    return _table([head, *rows])


def _kept(topic: Topic) -> str:
    kept = "for ever" if topic.kept_days == FOR_EVER else f"{topic.kept_days} days"
    return f"{kept}, compacted" if topic.compacted else kept


def _section(topic: Topic) -> str:
    ids = ", ".join(f"v{version} is id {number}" for version, number in topic.schema_ids.items())
    files = f"schemas/avro/{topic.name}.v{topic.version}.avsc"
    example = f"schemas/examples/{topic.name}/v{topic.version}.json"
    lines = [
        f"## {topic.name}",
        "",
        f"{topic.purpose}. Subject `{topic.subject}`; {ids}. [Schema](../{files}), [example](../{example}).",
        "",
    ]
    for record in _records(json.loads(schema_text(topic.name, topic.version))):
        rows = [(f"`{f['name']}`", _type(f["type"]), _default(f), f["doc"]) for f in record["fields"]]
        table = _table([("field", "type", "default", "meaning"), *rows])
        lines += [f"**{record['name']}**: {record['doc']}", "", table]
    return "\n".join(lines)


def _records(schema: Any) -> Iterator[Any]:  # noqa: ANN401 - nested JSON
    """The records of a schema, outermost first."""
    if isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
        for value in schema.values():
            yield from _records(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _records(item)


def _type(kind: Any) -> str:  # noqa: ANN401 - nested JSON
    """An Avro type in words: `string or null`, `list of Member`, `time`."""
    if isinstance(kind, list):
        return " or ".join([_type(k) for k in kind if k != "null"] + ["null"])
    if isinstance(kind, str):
        return kind.removeprefix("incidents.")
    if "logicalType" in kind:
        return "time"
    inner = {
        "array": f"list of {_type(kind.get('items', ''))}",
        "map": f"map of {_type(kind.get('values', ''))}",
    }
    return inner.get(kind["type"]) or str(kind.get("name", ""))


def _default(field: Mapping[str, Any]) -> str:
    return f"`{json.dumps(field['default'])}`" if "default" in field else "required"


def _table(rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:], ""])


if __name__ == "__main__":
    sys.stdout.write(topics_page())
