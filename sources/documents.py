"""Owns cutting a catalog into documents: YAML with several, a JSON list, one object, or a list in `items`.

A bad document does not spoil its neighbours: the text is cut at the document marks before anything is parsed.
May not: know what an entity is. Goes to: `sources.backstage`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import yaml

from sources.fields import listing
from streams.redact import Json, redact_text

_MARK: Final = re.compile(r"^---(?=\s|$)[ \t]*", re.MULTILINE)
_END: Final = re.compile(r"^\.\.\.[ \t]*$", re.MULTILINE)
_DIRECTIVE: Final = re.compile(r"^%(?:YAML|TAG).*$", re.MULTILINE)
_MAX_DEPTH: Final = 50
_MAX_NODES: Final = 50_000
"""Values in one document, repeated ones counted again: aliases can make a few bytes endless."""
_LISTS: Final = ("items", "entities")
"""Where catalogs hold their list when they answer with an object."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its place, and its value or what is wrong with it and its redacted text."""

    path: str
    value: Json = None
    wrong: str | None = None
    text: str = ""


def documents(body: Json) -> Iterator[Document]:
    """Every document of the body, which is YAML text or JSON. Empty documents are none."""
    if isinstance(body, str):
        yield from _of_text(body)
        return
    several = body if isinstance(body, list) else None
    if isinstance(body, dict) and "kind" not in body:
        several = next((listing(body[name]) for name in _LISTS if isinstance(body.get(name), list)), None)
    if several is None:
        yield Document("", body)
    else:
        yield from (Document(f"/{number}", value) for number, value in enumerate(several))


def _of_text(text: str) -> Iterator[Document]:
    """Cut at the marks; a document is named by its number, from 0, and told by its first line, from 1."""
    text = _DIRECTIVE.sub("", text.removeprefix("\ufeff"))
    number, start = 0, 0
    for end, following in [*((mark.start(), mark.end()) for mark in _MARK.finditer(text)), (len(text), 0)]:
        piece = _END.sub("", text[start:end])
        if any(line.strip() and not line.lstrip().startswith("#") for line in piece.splitlines()):
            yield _parsed(piece, f"/{number}", text.count("\n", 0, start) + 1)
            number += 1
        start = following


def _parsed(piece: str, path: str, line: int) -> Document:
    try:
        _refuse_deep(piece)
        return Document(path, _Plain().json(yaml.load(piece, Loader=yaml.CSafeLoader)))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        return Document(
            path, wrong=f"the document from line {line}: {_one_line(error)}", text=redact_text(piece)
        )


def _refuse_deep(piece: str) -> None:
    """The parser's events first: building a deep value would exhaust the stack."""
    depth = 0
    for event in yaml.parse(piece, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise ValueError(f"nested deeper than {_MAX_DEPTH} levels")


class _Plain:
    """Turns what YAML makes into JSON: times become texts, keys become texts, nothing repeats for ever."""

    def __init__(self) -> None:
        self._left = _MAX_NODES

    def json(self, value: Any, depth: int = 0) -> Json:  # noqa: ANN401 - whatever YAML can say
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH:
            raise ValueError(f"more than {_MAX_NODES} values, or an alias that refers to itself")
        if isinstance(value, dict):
            return {_scalar_text(key): self.json(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set):
            return [self.json(item, depth + 1) for item in value]
        return value if value is None or isinstance(value, bool) else _scalar(value)


def _scalar(value: Any) -> Json:  # noqa: ANN401 - as above
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**53):
        return value if value == value and abs(value) < float("inf") else str(value)  # noqa: PLR0124 - NaN
    return _scalar_text(value)


def _scalar_text(value: Any) -> str:  # noqa: ANN401 - as above
    """A text that UTF-8 can carry."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    words = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return words.encode("utf-8", "replace").decode()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
