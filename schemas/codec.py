"""Messages to bytes and back: Avro in Confluent's wire format (a zero byte, a 4-byte schema id, the value).

Reads the committed `.avsc` files once. Every way in which bytes can be wrong is one error: `Undecodable`.
"""

import io
import struct
from functools import cache
from typing import Any, Final, get_args

import fastavro

from schemas.model import NAMESPACE, Message
from schemas.parsed import parsed
from schemas.signal_bytes import read_alert, write_alert
from schemas.signals import Signal
from schemas.topics import TOPICS, Topic

MAX_VALUE_BYTES: Final = 1_000_000
"""Largest value that is read or written, just under Kafka's own default for a record."""
_HEADER: Final = struct.Struct(">bI")


class Undecodable(ValueError):
    """Bytes that are no value of their topic. `reason` is a code, the text says what is wrong."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def encode(topic: str, message: Message) -> bytes:
    """The value in wire format, under the topic's newest schema. Raises Undecodable when it is too large."""
    version, header = _newest(topic)
    value = header + _written(topic, version, message)
    if len(value) > MAX_VALUE_BYTES:
        raise Undecodable(
            "too_large", f"a value of {len(value)} bytes is over the limit of {MAX_VALUE_BYTES}"
        )
    return value


@cache
def _newest(topic: str) -> tuple[int, bytes]:
    """The newest version of a topic's schema, and how values under it begin."""
    entry = TOPICS[topic]
    return entry.version, _HEADER.pack(0, entry.schema_ids[entry.version])


def _written(topic: str, version: int, message: Message) -> bytes:
    if topic == "signals" and isinstance(message, Signal) and message.alert is not None:
        return write_alert(message, message.alert)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed(topic, version), _named(message))
    return out.getvalue()


def decode(topic: str, data: bytes | None) -> Message:
    """The message in a record's value, whichever known version wrote it. Raises Undecodable, and nothing else."""
    if not data:
        raise Undecodable("empty", "the record has no value")
    if len(data) > MAX_VALUE_BYTES:
        raise Undecodable("too_large", f"a value of {len(data)} bytes is over the limit of {MAX_VALUE_BYTES}")
    if topic == "signals" and data.startswith(_newest(topic)[1]):
        signal = read_alert(data, _HEADER.size)
        if signal is not None:
            return signal
    entry = TOPICS[topic]
    version = _version(entry, data)
    fields = _read(topic, entry, version, data)
    try:
        return entry.model.model_validate(fields)
    except (ValueError, RecursionError) as wrong:
        raise Undecodable("wrong_value", _first_line(wrong)) from wrong


def _named(message: Message) -> dict[str, Any]:
    """The message as fastavro takes it: an optional body under its record's name, else each would be checked first."""
    if not _holds_messages(type(message)):
        return message.__dict__
    fields = message.model_dump()
    for field, record in _bodies(type(message)):
        if fields[field] is not None:
            fields[field] = (record, fields[field])
    return fields


@cache
def _holds_messages(model: type[Message]) -> bool:
    """Whether a field holds another message, which has to be taken apart first."""
    return any(_names_message(info.annotation) for info in model.model_fields.values())


def _names_message(annotation: Any) -> bool:  # noqa: ANN401 - a type may be of any form
    if isinstance(annotation, type) and issubclass(annotation, Message):
        return True
    return any(map(_names_message, get_args(annotation)))


@cache
def _bodies(model: type[Message]) -> tuple[tuple[str, str], ...]:
    """The fields of a model that are a message or none, with the full name of its record."""
    either = ((name, get_args(info.annotation)) for name, info in model.model_fields.items())
    return tuple(
        (name, f"{NAMESPACE}.{kinds[0].__name__}")
        for name, kinds in either
        if type(None) in kinds and isinstance(kinds[0], type) and issubclass(kinds[0], Message)
    )


def _version(entry: Topic, data: bytes) -> int:
    if len(data) < _HEADER.size or data[0] != 0:
        raise Undecodable("not_wire_format", "the value does not start with a zero byte and a schema id")
    schema_id = _HEADER.unpack_from(data)[1]
    for version, known in entry.schema_ids.items():
        if known == schema_id:
            return version
    known_ids = ", ".join(str(known) for known in entry.schema_ids.values())
    raise Undecodable(
        "unknown_schema_id", f"schema id {schema_id} is none of {entry.name} (known: {known_ids})"
    )


def _read(topic: str, entry: Topic, version: int, data: bytes) -> Any:  # noqa: ANN401 - fastavro's own type
    body = io.BytesIO(data)
    body.seek(_HEADER.size)
    newest = None if version == entry.version else parsed(topic, entry.version)
    try:
        fields = fastavro.schemaless_reader(body, parsed(topic, version), newest)
    except Exception as wrong:  # fastavro raises a dozen kinds, struct and codec errors among them
        raise Undecodable("not_avro", _first_line(wrong)) from wrong
    if body.tell() != len(data):
        raise Undecodable("trailing_bytes", f"{len(data) - body.tell()} bytes follow the value")
    return fields


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
