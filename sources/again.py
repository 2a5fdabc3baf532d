"""Owns what becomes of a dead letter that somebody sends again: the records that it makes now, or why there are none.

A delivery is read by its format as when it came; a record of an input topic is what stood there. Pure. May not:
write to Kafka. Goes to: `incidents dead-letters replay`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from schemas.audit import DeadLetter
from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT
from schemas.settings import Settings, is_replay
from schemas.topics import INPUT_TOPICS
from sources.catalogue import UnknownSource, format_of
from sources.intake import Intake, take
from wire.reader import Found
from wire.record import Outgoing

if TYPE_CHECKING:
    from streams.redact import Json

_CUT: Final = "too little of it was kept: send it again from where it comes from"


@dataclass(frozen=True, slots=True)
class Again:
    """The records that a letter makes, or in one line why it makes none."""

    records: tuple[Outgoing, ...] = ()
    refused: str = ""


def read_again(letter: DeadLetter, stood: Found | None, settings: Settings, now: int) -> Again:
    """What the letter makes now. `stood`: its record in the input topic, while it is kept; `now`: microseconds."""
    if is_replay(letter.tenant):
        return Again(refused="it is of a replay, whose time is over: replay the recording again")
    if settings.tenant(letter.tenant) is None:
        return Again(refused=f"tenant {letter.tenant!r} is not declared in the settings")
    if letter.topic in INPUT_TOPICS:
        return _record_again(letter, letter.topic, stood)
    if letter.topic is not None:
        return Again(refused=f"it is a record of {letter.topic}, which nobody publishes")
    return _delivery_again(letter, now)


def _record_again(letter: DeadLetter, topic: str, stood: Found | None) -> Again:
    if stood is not None and stood.value is not None:
        headers = [(name, _as_bytes(value)) for name, value in stood.headers if name != HEADER_INGESTED_AT]
        return Again((Outgoing(topic, stood.key, stood.value, tuple(headers)),))
    if not _is_whole(letter):
        return Again(refused=_CUT)
    headers = [(HEADER_TENANT, letter.tenant.encode())]
    return Again((Outgoing(topic, f"{letter.tenant}/".encode(), letter.original, tuple(headers)),))


def _delivery_again(letter: DeadLetter, now: int) -> Again:
    whole = letter.delivery or (letter.original if _is_whole(letter) and not letter.path else b"")
    if not whole:
        return Again(refused=_CUT)
    try:
        is_text = format_of(letter.source).is_text
    except UnknownSource as problem:
        return Again(refused=str(problem))
    try:
        body: Json = orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        if not is_text:
            return Again(refused=f"not_json: {error}")
        body = whole.decode("utf-8", "replace")
    return _item_of(take(letter.source, body, letter.headers, now, letter.tenant), letter.path)


def _item_of(intake: Intake, path: str) -> Again:
    """What the letter was about: the item at its place, since the others have gone their way when they came."""
    records = tuple(item.record for item in intake.published if path in ("", item.path))
    if records:
        return Again(records)
    reasons = [
        *((item.refused.path, item.refused.reason, item.refused.detail) for item in intake.rejected),
        *((item.path, item.reason, item.detail) for item in intake.ignored),
    ]
    told = [f"{reason}: {detail}" for place, reason, detail in reasons if path in ("", place)]
    return Again(refused=told[0] if told else "it says nothing at the place that was refused")


def _is_whole(letter: DeadLetter) -> bool:
    return 0 < letter.original_size == len(letter.original)


def _as_bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
