"""Owns making many recordings of one: the same deliveries again, later, by other names.

Pure. Times of every form that the senders write move by the same whole seconds; what names a thing in its own
tool gets another name, so that a repetition is a new evening and not a repeat. May not: change what happens.
Goes to: `bench.replay`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from schemas.identity import digest
from schemas.times import SECOND
from sources.recording import Delivery
from streams.redact import Json

_TIME: Final = re.compile(r"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")
_NAMES: Final = frozenset(("fingerprint", "auditID", "sha", "id", "generatorURL"))
"""Fields that name a thing in its own tool, wherever they stand."""
_DIGITS: Final = 1_000_000_007
"""A number that is a name grows by multiples of this: no two repetitions meet."""


def repeated(recorded: Sequence[Delivery], times: int, apart_s: int, *, first: int = 0) -> Iterator[Delivery]:
    """The recording `times` times, from repetition `first` on, each `apart_s` seconds after the one before."""
    for number in range(first, first + times):
        yield from (shifted(delivery, number, number * apart_s) for delivery in recorded)


def shifted(delivery: Delivery, number: int, by_s: int) -> Delivery:
    """The delivery as part of repetition `number`, `by_s` seconds later; number 0 is the delivery itself."""
    if number == 0:
        return delivery
    body = _moved(delivery.body, number, timedelta(seconds=by_s))
    return replace(delivery, received_at=delivery.received_at + by_s * SECOND, body=body)


def _moved(value: Json, number: int, by: timedelta, field: str = "") -> Json:
    if isinstance(value, dict):
        return {name: _moved(inner, number, by, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, number, by) for inner in value]
    if field in _NAMES:
        return _renamed(value, number)
    return _TIME.sub(lambda found: _later(found, by), value) if isinstance(value, str) else value


def _renamed(value: Json, number: int) -> Json:
    if isinstance(value, str):
        return digest(value, number)[: max(16, len(value))]
    return value + number * _DIGITS if isinstance(value, int) and not isinstance(value, bool) else value


def _later(found: re.Match[str], by: timedelta) -> str:
    moved = datetime.fromisoformat(found[1]) + by
    return f"{moved.isoformat()}{found[2] or ''}Z"
