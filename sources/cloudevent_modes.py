"""Owns taking CloudEvents out of a delivery: structured, batched or binary mode, with data in any of its forms.

Source: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md. May not:
know types of events. Goes to: `sources.cloudevents`.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote

import orjson

from sources.fields import at
from streams.redact import Json

_PREFIX: Final = "ce-"


def events(body: Json, headers: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    """Each event in structured form with its place in the delivery, whatever mode it came in."""
    if isinstance(body, list):
        yield from ((f"/{number}", _whole(event)) for number, event in enumerate(body))
    elif "ce-type" in headers and at(body, ("specversion",)) is None:
        yield "", {**_attributes(headers), "data": body}
    else:
        yield "", _whole(body)


def _attributes(headers: Mapping[str, str]) -> dict[str, Json]:
    """The attributes that are headers in binary mode; their values are percent-encoded."""
    return {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    }


def _whole(event: Json) -> Json:
    """The event with its data as JSON, where it is JSON in a text or in base 64."""
    if not isinstance(event, dict):
        return event
    encoded, data = event.get("data_base64"), event.get("data")
    if data is None and isinstance(encoded, str):
        rest = {name: value for name, value in event.items() if name != "data_base64"}
        return {**rest, "data": _parsed(_bytes(encoded), encoded)}
    return (
        {**event, "data": _parsed(data.encode("utf-8", "replace"), data)} if isinstance(data, str) else event
    )


def _bytes(encoded: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except ValueError:
        return b""


def _parsed(content: bytes, instead: str) -> Json:
    try:
        value: Json = orjson.loads(content)
    except orjson.JSONDecodeError:
        return instead
    return value
