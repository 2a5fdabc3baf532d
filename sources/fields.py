"""Owns getting values out of unchecked JSON: a value of the wanted kind, or None; never an error.

May not: know a format. Goes to: the adapters.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from schemas.times import EARLIEST, LATEST, parse_time
from streams.redact import Json

Path = tuple[str, ...]
"""Keys from the outside in."""
LONGEST_VALUE: Final = 300
"""Characters after which a value before or after a change is cut; the original holds all of it."""


def at(value: Json, path: Iterable[str]) -> Json:
    """What lies under the keys; None where a step is missing or is no object."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def mapping(value: Json) -> Mapping[str, Json]:
    """The object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def listing(value: Json) -> list[Json]:
    """The list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def text(value: Json) -> str | None:
    """A text that is not blank, without the blanks around it; numbers as they stand in JSON."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return orjson.dumps(value).decode()


def first_text(value: Json, paths: Iterable[Path]) -> str | None:
    """The first text that lies under one of the paths."""
    return next((found for path in paths if (found := text(at(value, path)))), None)


def moment(value: Json) -> int | None:
    """A time stamp in microseconds; None for what is no time, or none that Avro's readers can show."""
    if not isinstance(value, str):
        return None
    try:
        micros = parse_time(value.strip())
    except (ValueError, OverflowError):
        return None
    return micros if EARLIEST <= micros <= LATEST else None


def first_moment(value: Json, paths: Iterable[Path]) -> int | None:
    """The first time stamp that lies under one of the paths."""
    return next((found for path in paths if (found := moment(at(value, path))) is not None), None)


def first_link(value: Json, paths: Iterable[Path]) -> str | None:
    """The first web address that lies under one of the paths."""
    found = (text(at(value, path)) for path in paths)
    return next((link for link in found if link and link.startswith(("http://", "https://"))), None)


def literal(value: Json) -> str:
    """A value as it stands in compact JSON text with sorted keys, a text without its quotation marks, cut."""
    written = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return written[:LONGEST_VALUE]
