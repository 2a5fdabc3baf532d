"""Owns how values become text on a page: foreign text inert, times in UTC, addresses that may be links.

Pure. Goes to: the templates, through `templates()`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup, escape
from pydantic import BaseModel

from schemas.times import EARLIEST, clock_text, date_text, format_time, span_text, to_datetime
from sinks.citing import short
from sinks.columns import plain

_FOLDER: Final = Path(__file__).parent
STATIC: Final = _FOLDER / "static"
_LONGEST: Final = 2_000
_LONGEST_ORIGINAL: Final = 200_000
SEVERITY_SHAPES: Final = {"critical": "◆", "error": "▲", "warning": "■", "info": "●"}
"""A shape beside the word, so that nothing is said by colour alone."""
SAID: Final = {
    "confirm": "Confirmed",
    "reject": "Rejected",
    "split": "Split",
    "merge": "Merged",
    "false_page": "A false page",
    "misroute": "Wrong team",
    "hand_over": "Handed over",
    "update_sent": "Update sent",
    "close": "Closed",
    "reopen": "Opened again",
    "undo": "Taken back",
}
"""What a person said, in a word or two."""
KIND_SHAPES: Final = {
    "alert": "▲",
    "resolved": "▽",
    "deploy": "■",
    "flag": "⚑",
    "config": "●",
    "feedback": "✎",
    "packet": "·",
}

KIND_WORDS: Final = {"entity": "catalog entry"}
"""What people call a kind of evidence, where its own name says little."""


class _Missing(StrictUndefined):
    """A misspelt name is an error; what an `if` without `else` leaves out is empty."""

    def __str__(self) -> str:  # type: ignore[override]  # jinja2 declares that it always raises
        """Empty, or the error."""
        return "" if self._undefined_name is None else super().__str__()


def templates() -> Environment:
    """The page's templates. Every value in them is made inert, then escaped."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=_Missing,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "moment": moment,
        "iso": format_time,
        "clock": clock_text,
        "day": date_text,
        "span": span_text,
        "link": safe_link,
        "short": short,
        "pretty": pretty,
        "query": query,
        "part": lambda text: quote(text, safe=""),
        "label": label,
        "nested": nested,
        "indented": indented,
    }
    made.globals |= {
        "severity_shapes": SEVERITY_SHAPES,
        "kind_shapes": KIND_SHAPES,
        "kind_words": KIND_WORDS,
        "said_words": SAID,
    }
    return made


def _inert(value: object) -> object:
    """What a template prints: our own markup and numbers as they are, any text in one harmless line."""
    if value is None:
        return ""
    if isinstance(value, Undefined | Markup | int | float):
        return value
    text = str(value)
    # The templates' own words may begin with the space that parts them from what stands before.
    return (" " if text[:1] == " " else "") + plain(text, _LONGEST) + (" " if text[-1:] == " " else "")


def moment(at: int, beside: int | None = None) -> str:
    """The time of day in UTC; with the date where `beside` is of another day, or is not given."""
    if at <= EARLIEST:
        return "unknown"
    same_day = beside is not None and to_datetime(at).date() == to_datetime(beside).date()
    return clock_text(at) if same_day else f"{to_datetime(at):%Y-%m-%d} {clock_text(at)}"


def safe_link(address: str | None) -> str | None:
    """The address where a click may lead there (http or https); else None."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.hostname else None


def query(values: Iterable[tuple[str, object]]) -> str:
    """`?a=1&b=2` of what is not empty; empty where nothing is left."""
    said = [(name, value) for name, value in values if value not in ("", None, False)]
    return f"?{urlencode(said)}" if said else ""


def pretty(original: str) -> Markup:
    """An original with its JSON indented, every line inert; cut where no person would read on."""
    try:
        text = orjson.dumps(orjson.loads(original), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        text = original
    lines = (indented(line) for line in text[:_LONGEST_ORIGINAL].split("\n"))
    left_out = (
        f"\n... {len(text) - _LONGEST_ORIGINAL} more characters" if len(text) > _LONGEST_ORIGINAL else ""
    )
    return Markup("\n").join([*lines, *([left_out] if left_out else [])])


def indented(line: str) -> Markup:
    """A line of code, made inert, with the spaces at its beginning."""
    said = line.lstrip(" ")
    return escape(" " * min(len(line) - len(said), 40) + plain(said, 100_000))


def label(name: str) -> str:
    """A field's name as words."""
    return name.replace("_", " ")


def nested(value: object) -> list[tuple[str, Any]] | None:
    """The fields of a message or a mapping that say something; None for any other value."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, dict):
        return [(str(name), inner) for name, inner in value.items() if inner not in (None, "", (), {})]
    return None


def rest(message: BaseModel, known: frozenset[str]) -> list[tuple[str, Any]]:
    """The fields of a message that a template has no place of its own for, and that say something."""
    return [(name, value) for name, value in nested(message) or [] if name not in known]
