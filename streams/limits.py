"""How long what is said may be: longer names, texts and labels are cut before anything is made of them, and flagged.

So that no packet outgrows a record, whatever is sent. What tells two things apart keeps a hash of the whole; all
else keeps its beginning, which still stands in the original. The original itself is never cut.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.identity import digest

_HASHED: Final[Mapping[str, int]] = {"fingerprint": 128, "source_ref": 256, "target": 640, "entity": 256}
"""Identities, with the most bytes that they may have."""
_CUT: Final[Mapping[str, int]] = {
    **dict.fromkeys(("name", "service", "namespace", "environment", "owner", "system", "actor"), 200),
    **dict.fromkeys(("source", "kind", "lifecycle"), 100),
    **dict.fromkeys(("title", "verdict", "before", "after", "value"), 300),
    "summary": 2_000,
}
_WHOLE: Final[Mapping[str, int]] = {"link": 2_000, "runbook": 2_000}
"""What is of no use without its end; longer ones are left out."""
_LISTED: Final[Mapping[str, int]] = {"references": 50, "depends_on": 2_000, "needed_by": 2_000, "about": 100}
"""Lists of names, with the most that they may hold."""
_LISTED_BYTES: Final = 400
_MAPPED: Final = ("labels", "annotations")
_MAPPED_MOST: Final = 100
_KEY_BYTES: Final = 200
_VALUE_BYTES: Final = 2_000
_SHIFTS: Final = 2_000
_MARK: Final = "~"

Fields = dict[str, Any]


def shorten(fields: Fields) -> bool:
    """Cuts the fields of one published record in place; True where anything was too long."""
    if _fits(fields):
        return False
    before = {name: _comparable(fields.get(name)) for name in _ALL}
    for name, most in _HASHED.items():
        _change(fields, name, most, _hashed)
    for name, most in _CUT.items():
        _change(fields, name, most, cut)
    for name, most in _WHOLE.items():
        _change(fields, name, most, lambda *_: None)
    for name, most in _LISTED.items():
        if fields.get(name):
            fields[name] = tuple(one for one in fields[name] if len(one.encode()) <= _LISTED_BYTES)[:most]
    for name in _MAPPED:
        if fields.get(name):
            fields[name] = _mapped(fields[name])
    if fields.get("shifts"):
        kept = fields["shifts"][:_SHIFTS]
        fields["shifts"] = tuple({**one, "person": cut(one["person"], _KEY_BYTES)} for one in kept)
    return any(before[name] != _comparable(fields.get(name)) for name in _ALL)


_TEXTS: Final[Mapping[str, int]] = {**_HASHED, **_CUT, **_WHOLE}


def _fits(fields: Fields) -> bool:
    """True where nothing can be too long, which is seen in a quarter of the time that cutting takes."""
    for name, most in _TEXTS.items():
        text = fields.get(name)
        if isinstance(text, str) and _is_long(text, most):
            return False
    for name, most in _LISTED.items():
        listed = fields.get(name) or ()
        if len(listed) > most or any(_is_long(one, _LISTED_BYTES) for one in listed):
            return False
    for name in _MAPPED:
        labels = fields.get(name) or {}
        if len(labels) > _MAPPED_MOST:
            return False
        for key, text in labels.items():
            if _is_long(key, _KEY_BYTES) or _is_long(text, _VALUE_BYTES):
                return False
    return not fields.get("shifts")


def _is_long(text: str, most: int) -> bool:
    """True for more than so many bytes; a character has at most four."""
    return len(text) * 4 > most and len(text.encode()) > most


_ALL: Final = (*_HASHED, *_CUT, *_WHOLE, *_LISTED, *_MAPPED, "shifts")


def cut(text: str, most: int) -> str:
    """The beginning of a text, at most so many bytes of UTF-8, without half a character."""
    return text.encode()[:most].decode("utf-8", "ignore")


def _comparable(value: Any) -> Any:  # noqa: ANN401 - a field of any kind
    """A list and a tuple of the same are the same."""
    return tuple(value) if isinstance(value, list) else value


def _hashed(text: str, most: int) -> str:
    """The beginning, a mark, and 16 hexadecimal digits of a hash over the whole."""
    tail = _MARK + digest("long", text)[:16]
    return cut(text, most - len(tail)) + tail


def _change(fields: Fields, name: str, most: int, change: Callable[[str, int], str | None]) -> None:
    text = fields.get(name)
    if isinstance(text, str) and _is_long(text, most):
        fields[name] = change(text, most)


def _mapped(labels: Mapping[str, str]) -> dict[str, str]:
    """The first of them by name, each cut; a name that is too long is left out, since no two may become one."""
    kept = [key for key in sorted(labels) if len(key.encode()) <= _KEY_BYTES][:_MAPPED_MOST]
    return {key: cut(labels[key], _VALUE_BYTES) for key in labels if key in kept}
