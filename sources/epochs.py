"""Owns times that senders give as numbers since 1970: seconds, milliseconds, microseconds or nanoseconds.

Some senders mix the units in one body, so the size of the number tells which it is. Goes to: the adapters.
"""

from typing import Final

from schemas.times import EARLIEST, LATEST
from sources.fields import moment
from streams.redact import Json

_UNITS: Final = ((10**11, 1_000_000, 1), (10**14, 1_000, 1), (10**17, 1, 1), (10**20, 1, 1_000))
"""Below this size, a number times the second and through the third value is microseconds: 1973 to 5138."""


def epoch(value: Json) -> int | None:
    """Microseconds of a number, or of a text of digits; None for anything else, and for zero and below."""
    number = _number(value)
    if number is None or number <= 0:
        return None
    for below, times, through in _UNITS:
        if number < below:
            micros = int(number * times) // through
            return micros if EARLIEST <= micros <= LATEST else None
    return None


def moment_or_epoch(value: Json) -> int | None:
    """Microseconds of a time stamp, or of a number since 1970."""
    stated = moment(value)
    return epoch(value) if stated is None else stated


def _number(value: Json) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None  # noqa: PLR2004 - see _UNITS
    return value if isinstance(value, int | float) else None
