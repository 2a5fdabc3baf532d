"""Owns masking: secrets in JSON and in text become `[redacted]`, everything else stays as it is.

May not: change the shape of what it is given, or guess what a text means beyond the patterns below. Goes to:
the adapters, which read only what has been redacted, and the router, for what direct producers wrote.
"""

import re
from functools import lru_cache
from typing import Final, TypeAlias

import orjson

from streams.secret_names import names_secret
from streams.secret_patterns import mask_patterns

Json: TypeAlias = "dict[str, Json] | list[Json] | tuple[Json, ...] | str | int | float | bool | None"
"""A value as orjson reads it, or a message's model gives it: with tuples for lists."""

MARK: Final = "[redacted]"
"""What stands where a secret was."""
MAX_DEPTH: Final = 64
"""Levels of nesting that are looked into; what lies deeper is masked as a whole."""

_PLAIN_INSIDE: Final = frozenset({"name", "secretname", "namespace", "kind", "type"})
"""Fields that name a secret without holding it."""
_BODIES: Final = frozenset({"requestObject", "responseObject"})
"""Where a Kubernetes audit event holds the object."""
_SECRET_OBJECTS: Final = ("secrets", "serviceaccounts/token", "tokenreviews")
_NAME_FIELDS: Final = ("name", "Name", "key", "Key")
_VALUE_FIELDS: Final = frozenset({"value", "Value"})
_MOST_PASSES: Final = 8
_SHORT: Final = 256
_REMEMBERED: Final = 16_384
"""Texts of at most `_SHORT` characters without a secret that are remembered: labels and names come again and again."""
_JSON_START: Final = re.compile(r"\s*[\[{]")


def redact(value: Json) -> Json:
    """The same JSON with every secret masked. Doing it again changes nothing."""
    return _walk(value, 0)


def redact_text(text: str) -> str:
    """The same text with every secret masked; JSON stays JSON. Doing it again changes nothing."""
    return _text(text, 0)


def redacted_json(value: Json) -> str:
    """The redacted value as compact JSON text with sorted keys."""
    return json_text(redact(value))


def json_text(value: Json) -> str:
    """A value that is redacted already, in the same form."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _walk(value: Json, depth: int) -> Json:
    if depth > MAX_DEPTH:
        return MARK
    if isinstance(value, str):
        return _text(value, depth)
    if isinstance(value, (list, tuple)):
        return _like(value, [_walk(item, depth + 1) for item in value])
    return _object(value, depth) if isinstance(value, dict) else value


def _like(value: "list[Json] | tuple[Json, ...]", items: list[Json]) -> Json:
    """The items in what they were in."""
    return tuple(items) if isinstance(value, tuple) else items


def _object(value: dict[str, Json], depth: int) -> dict[str, Json]:
    covered = _covered(value)
    return {
        key: _mask(item, depth + 1) if key in covered or names_secret(key) else _walk(item, depth + 1)
        for key, item in value.items()
    }


def _covered(value: dict[str, Json]) -> frozenset[str]:
    """The fields of an object that hold secrets because of what its other fields say."""
    if value.get("kind") == "Secret":
        return frozenset({"data", "stringData"})
    reference = value.get("objectRef")
    if isinstance(reference, dict) and _secret_object(reference):
        return _BODIES
    for field in _NAME_FIELDS:
        name = value.get(field)
        if isinstance(name, str) and names_secret(name):
            return _VALUE_FIELDS
    return frozenset()


def _secret_object(reference: dict[str, Json]) -> bool:
    resource, subresource = reference.get("resource"), reference.get("subresource")
    return resource in _SECRET_OBJECTS or f"{resource}/{subresource}" in _SECRET_OBJECTS


def _mask(value: Json, depth: int) -> Json:
    """Every text and number in the value masked, the shape kept."""
    if depth > MAX_DEPTH:
        return MARK
    if isinstance(value, dict):
        return {
            key: _walk(item, depth + 1) if key.lower() in _PLAIN_INSIDE else _mask(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return _like(value, [_mask(item, depth + 1) for item in value])
    return value if value is None or value == "" or isinstance(value, bool) else MARK


class _HeldSecret(Exception):
    """A text that was masked: told as an error, since what raises is not remembered."""

    def __init__(self, masked: str) -> None:
        super().__init__(masked)
        self.masked = masked


def _text(text: str, depth: int) -> str:
    """The text masked. Short ones without a secret are remembered, those with one never."""
    if len(text) > _SHORT:
        return _masked(text, depth)
    try:
        return _harmless(text, depth)
    except _HeldSecret as held:
        return held.masked


@lru_cache(maxsize=_REMEMBERED)
def _harmless(text: str, depth: int) -> str:
    masked = _masked(text, depth)
    if masked != text:
        raise _HeldSecret(masked)
    return text


def _masked(text: str, depth: int) -> str:
    """JSON in a text is redacted as JSON; other text until a pass finds nothing more."""
    if _JSON_START.match(text):
        try:
            return _json_inside(text, orjson.loads(text), depth)
        except orjson.JSONDecodeError:
            pass  # a text that only begins like JSON is text
    for _ in range(_MOST_PASSES):
        masked = mask_patterns(text)
        if masked == text:
            return text
        text = masked
    return MARK


def _json_inside(text: str, value: Json, depth: int) -> str:
    """Written anew only where masking changed something."""
    masked = _walk(value, depth + 1)
    return text if masked == value else orjson.dumps(masked).decode()
