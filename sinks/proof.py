"""Owns the check that a claim's literal values stand in the originals that it cites.

Pure. May not: fetch anything, judge what a claim means. Goes to: the sink, which stores the result beside the
claim, and the tests.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import orjson

from schemas.times import parse_time

_UNITS: Final = (1_000_000, 1_000, 1)
"""Whole numbers that may be instants: seconds, milliseconds or microseconds since 1970, as factors to
microseconds."""
_DEEPEST: Final = 64


@dataclass(frozen=True)
class Leaves:
    """All that an original states: texts, keys and numbers as text, and whole numbers by themselves."""

    texts: frozenset[str]
    numbers: frozenset[int]

    @cached_property
    def instants(self) -> frozenset[int]:
        """Every time that the original may state, in microseconds since 1970."""
        stated = {at for text in self.texts if (at := _instant(text)) is not None}
        return frozenset(stated | {number * unit for number in self.numbers for unit in _UNITS})

    def contain(self, value: str) -> bool:
        """True when the value stands in a leaf literally, or is the same instant as one.

        A value that is itself a JSON object or array is contained when each of its keys and leaves is.
        """
        if any(value in text for text in self.texts):
            return True
        at = _instant(value)
        if at is not None:
            return at in self.instants
        inner = leaves_of(value).texts if value[:1] in {"{", "["} else frozenset()
        return bool(inner) and inner <= self.texts


def unproven(values: Iterable[str], originals: Sequence[str]) -> tuple[str, ...]:
    """The values that stand in none of the originals (JSON texts, or any other texts), in their order."""
    leaves = [leaves_of(original) for original in originals]
    return tuple(value for value in values if not any(stated.contain(value) for stated in leaves))


@lru_cache(maxsize=2_048)
def leaves_of(original: str) -> Leaves:
    """What an original states. A text that is no JSON is one leaf."""
    try:
        parsed = orjson.loads(original)
    except orjson.JSONDecodeError:
        return Leaves(frozenset({original}), frozenset())
    found = list(_walk(parsed, 0))
    numbers = frozenset(leaf for leaf in found if isinstance(leaf, int) and not isinstance(leaf, bool))
    return Leaves(frozenset(_words(leaf) for leaf in found), numbers)


def _walk(value: Any, depth: int) -> Iterator[Any]:  # noqa: ANN401 - nested JSON
    """Keys and leaves; what is nested deeper than any tool nests is one leaf."""
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield key
            yield from _walk(inner, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in value:
            yield from _walk(inner, depth + 1)
    else:
        yield value


def _words(leaf: Any) -> str:  # noqa: ANN401 - a JSON leaf
    return leaf if isinstance(leaf, str) else orjson.dumps(leaf).decode()


def _instant(text: str) -> int | None:
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        return None
