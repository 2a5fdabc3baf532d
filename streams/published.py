"""Owns reading one published record, Avro or JSON, and the time that stands in for one that JSON leaves out.

The same for the router, which decides by the header what a record is, and for those that look it up again later.
Pure. Goes to: `streams.route`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from schemas.answers import Answer
from schemas.codec import MAX_VALUE_BYTES, Undecodable, decode
from schemas.events import Alert, Change, Entity
from schemas.feedback import Feedback
from schemas.model import Message
from schemas.times import parse_time
from schemas.topics import TOPICS
from streams.evidence import Published

HEADER_CONTENT_TYPE: Final = "content-type"
"""Header of a record whose value is JSON: `application/json`; without it a value is Avro in wire format."""
MOST_BYTES: Final = 300_000
"""Largest record that is read. Masking may make it nearly three times as long, and it still fits into a signal."""
_JSON: Final = b"application/json"
_TIMES: Final[Mapping[type[Message], tuple[str, ...]]] = {
    Alert: ("starts_at", "ends_at", "notified_at"),
    Change: ("effective_at", "notified_at"),
}
"""The fields that are times by model, the event time first: the one that cannot be left out in Avro."""


class Stated(NamedTuple):
    """What a record says; `time_assumed` where it named no event time."""

    message: Published
    time_assumed: bool = False


def is_json(headers: Mapping[str, bytes | None]) -> bool:
    """True where the header says so; parameters after a semicolon do not matter."""
    said = headers.get(HEADER_CONTENT_TYPE)
    return said is not None and said.partition(b";")[0].strip().lower() == _JSON


def read_published(topic: str, value: bytes, *, as_json: bool, broker_at: int) -> Stated:
    """The message in a record of an input topic. Raises Undecodable, and nothing else, for any bytes.

    `broker_at` (microseconds) counts as event time where JSON names none; it then stands in the original, too.
    """
    if len(value) > MOST_BYTES:
        raise Undecodable("too_large", f"a record of {len(value)} bytes is over the limit of {MOST_BYTES}")
    stated = _from_json(topic, value, broker_at) if as_json else (decode(topic, value), False)
    message, assumed = stated
    if not isinstance(message, Alert | Change | Entity | Feedback | Answer):
        raise Undecodable("not_an_input", f"topic {topic} takes no published records")
    return Stated(message, assumed)


def read_again(topic: str, value: bytes | None, broker_at: int) -> Published:
    """The message of a record that the router has taken, without its headers: no JSON begins with a zero byte."""
    held = value or b""
    return read_published(topic, held, as_json=held[:1] not in (b"", b"\x00"), broker_at=broker_at).message


def _from_json(topic: str, value: bytes, broker_at: int) -> tuple[Message, bool]:
    model = TOPICS[topic].model
    fields = _object(value)
    assumed = False
    if model is Alert and fields.get("status") == "resolved" and fields.get("starts_at") is None:
        fields |= {"starts_at": fields.get("ends_at"), "start_known": False}
    try:
        for number, name in enumerate(_TIMES.get(model, ())):
            if isinstance(fields.get(name), str):
                fields[name] = parse_time(fields[name].strip())
            if number == 0 and fields.get(name) is None:
                fields[name], assumed = broker_at, True
        if assumed and fields.get("original"):
            fields["original"] = orjson.dumps(fields).decode()
        return model.model_validate_json(orjson.dumps(fields), strict=True), assumed
    except ValidationError as wrong:
        raise Undecodable("wrong_value", _told(wrong)) from wrong
    except (ValueError, OverflowError, RecursionError, TypeError) as wrong:  # TypeError: too deep for orjson
        raise Undecodable("wrong_value", f"{type(wrong).__name__}: {wrong}".splitlines()[0][:200]) from wrong


def _object(value: bytes) -> dict[str, Any]:
    if not value:
        raise Undecodable("empty", "the record has no value")
    if len(value) > MAX_VALUE_BYTES:
        raise Undecodable(
            "too_large", f"a value of {len(value)} bytes is over the limit of {MAX_VALUE_BYTES}"
        )
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError as wrong:
        raise Undecodable("not_json", f"the header says JSON, the value is none: {wrong}"[:200]) from wrong
    if not isinstance(fields, dict):
        raise Undecodable("not_json", "the value is JSON, but no object")
    return fields


def _told(wrong: ValidationError) -> str:
    """The first field that is wrong, and why, without its value."""
    first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"[:200]
