"""Owns the committed Avro schemas: their text, and the same as fastavro takes them. Goes to: codec and registry."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import fastavro


def schema_text(topic: str, version: int) -> str:
    """The committed Avro schema of a topic's version, as JSON text."""
    return files("schemas").joinpath("avro", f"{topic}.v{version}.avsc").read_text("utf-8")


@cache
def parsed(topic: str, version: int) -> Any:  # noqa: ANN401 - fastavro's own type
    """The schema, ready to read and write by."""
    return fastavro.parse_schema(plain(topic, version))


def plain(topic: str, version: int) -> Any:  # noqa: ANN401 - Avro schemas are nested JSON
    """The schema without logical types: the same bytes, and times stay integers instead of datetimes."""
    return _plain(json.loads(schema_text(topic, version)))


def _plain(schema: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key not in ("logicalType", "doc")}
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema
