"""The bytes of alerts in `signals`: in a storm the same body comes again under another head, and is done once.

The body and the fields behind it are the end of the bytes; each end is remembered with its facts. What is written and
read is what the codec alone would write and read. Goes to: `schemas.codec`.
"""

from functools import cache, lru_cache
from io import BytesIO
from typing import Any, Final

import fastavro

from schemas.events import AlertFacts
from schemas.kept import kept
from schemas.model import trusted
from schemas.parsed import plain
from schemas.signals import Signal, Span
from schemas.times import EARLIEST, LATEST
from schemas.topics import TOPICS

_BODY: Final = "alert"
_NO_BODY: Final = dict.fromkeys(("alert", "change", "entity", "mark", "feedback", "answer"))
_TIMES: Final = ("ingested_at", "notified_at", "last_ingested_at")
_KIND: Final = b"\x0aalert"
"""How the fields of the signal of an alert begin: its kind, as Avro writes a text."""
_REMEMBERED: Final = 4_096
_SHORT: Final = 8_192
"""Bytes up to which an end is remembered, so that all of them stay small."""


def write_alert(signal: Signal, facts: AlertFacts) -> bytes:
    """The fields of the signal of an alert as Avro."""
    out = BytesIO()
    fields = {**signal.__dict__, "spans": [span.__dict__ for span in signal.spans]}
    fastavro.schemaless_writer(out, _schemas()[0], fields)
    out.write(_known_end(facts))
    return out.getvalue()


def _known_end(facts: AlertFacts) -> bytes:
    known = _written.get(id(facts))
    if known is not None:
        return known[1]
    end = _end_of(facts)
    if len(end) <= _SHORT:
        if len(_written) >= _REMEMBERED:
            _written.clear()
        _written[id(facts)] = (facts, end)
    return end


_written: dict[int, tuple[AlertFacts, bytes]] = {}
"""Ends by the identity of the facts, which live as long as they stand here."""


def read_alert(data: bytes, start: int) -> Signal | None:
    """The signal of an alert whose fields begin at `start`; None for any other, and for bytes that are none."""
    if not data.startswith(_KIND, start):
        return None
    body = BytesIO(data)
    body.seek(start)
    try:
        fields: Any = fastavro.schemaless_reader(body, _schemas()[0], None)
        end = data[body.tell() :]
        if not all(EARLIEST <= fields[time] <= LATEST for time in _TIMES):
            return None
        # Avro has seen to the kinds of all fields, and nothing else is asked of them.
        fields["spans"] = tuple([trusted(Span, span) for span in fields["spans"]])
        fields["notes"] = tuple(fields["notes"])
        facts = (_facts if len(end) <= _SHORT else _facts.__wrapped__)(end)
        return trusted(Signal, {**fields, **_NO_BODY, _BODY: facts})
    except Exception:  # noqa: BLE001 - the codec reads it in one piece, and says what is wrong
        return None


@lru_cache(maxsize=_REMEMBERED)
def _facts(end: bytes) -> AlertFacts:
    body = BytesIO(end)
    fields: Any = fastavro.schemaless_reader(body, _schemas()[1], None)
    facts = fields.pop(_BODY)
    if body.tell() != len(end) or any(other is not None for other in fields.values()):
        raise ValueError("not the end of an alert's signal")
    return kept(AlertFacts.model_validate(facts))


def _end_of(facts: AlertFacts) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, _schemas()[1], {_BODY: ("incidents.AlertFacts", facts.__dict__)})
    return out.getvalue()


@cache
def _schemas() -> tuple[Any, Any]:
    """The newest schema of signals in two records: up to the body, and from it on."""
    whole = plain("signals", TOPICS["signals"].version)
    fields = whole["fields"]
    at = next(number for number, field in enumerate(fields) if field["name"] == _BODY)
    first, second = ({**whole, "fields": some} for some in (fields[:at], fields[at:]))
    return fastavro.parse_schema(first), fastavro.parse_schema(second)
