"""Times as integers: microseconds since 1970-01-01T00:00:00 UTC.

Owns parsing and printing of time stamps. May not read a clock: every time comes from an event.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final

from pydantic import Field

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

EARLIEST: Final = -62_135_596_800 * SECOND
"""0001-01-01T00:00:00Z, the first instant that every Avro reader can show."""
LATEST: Final = 253_402_300_799 * SECOND
"""9999-12-31T23:59:59Z, the last instant that every Avro reader can show."""


class TimestampMicros:
    """Marks a field as Avro's logical type `timestamp-micros`."""


Micros = Annotated[int, Field(ge=EARLIEST, le=LATEST), TimestampMicros()]
"""An instant: microseconds since 1970 UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SPACED_OFFSET = re.compile(r" (?:UTC|([+-]\d{2}):?(\d{2}))$")
_LONGEST: Final = 64
_REMEMBERED: Final = 4_096
"""Times whose text is remembered: each revision of a packet prints those of the last one again."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


def parse_time(text: str) -> int:
    """Microseconds of an RFC 3339 time, or of the forms `2026-02-03 07:45:47 +0000` and `... UTC`.

    Digits after the sixth of the fraction are cut off; a time without an offset counts as UTC.
    Raises ValueError for everything else.
    """
    if len(text) > _LONGEST or not _DATE.match(text):
        raise ValueError(f"not a time: {text[:80]!r}")
    spaced = _SPACED_OFFSET.search(text)
    if spaced:
        text = text[: spaced.start()] + (f"{spaced[1]}:{spaced[2]}" if spaced[1] else "+00:00")
    return to_micros(datetime.fromisoformat(text))


def to_micros(moment: datetime) -> int:
    """Microseconds of a datetime; without a time zone it counts as UTC. Exact, never through floats."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND


def to_datetime(micros: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=_REMEMBERED)
def format_time(micros: int) -> str:
    """RFC 3339 in UTC with as many fraction digits as needed: none, three or six."""
    moment = to_datetime(micros)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    fraction = moment.microsecond
    if fraction == 0:
        return text + "Z"
    return f"{text}.{fraction // 1000:03d}Z" if fraction % 1000 == 0 else f"{text}.{fraction:06d}Z"


@lru_cache(maxsize=_REMEMBERED)
def clock_text(micros: int) -> str:
    """The time of day in UTC, `03:02:09`, as packets print it."""
    return to_datetime(micros).strftime("%H:%M:%S")


def date_text(micros: int) -> str:
    """The day in UTC, `2026-09-30`."""
    return format_time(micros)[:10]


def span_text(micros: int) -> str:
    """A length of time in the unit that a person would say: `57 s`, `8 min`, `3 h`, `19 days`."""
    seconds = abs(micros) // SECOND
    for unit, size, below in (("s", 1, 120), ("min", 60, 120 * 60), ("h", 3600, 48 * 3600)):
        if seconds < below:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86400} days"
