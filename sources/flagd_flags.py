"""Owns comparing two flagd documents: which flags differ, in what, and how that reads.

Format: https://flagd.dev/reference/flag-definitions. May not: know CloudEvents. Goes to: `sources.flagd`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import orjson

from sources.fields import at, literal, mapping, text
from streams.redact import Json

_TELLING: Final = ("defaultVariant", "state", "targeting", "variants")
"""What decides a flag's value, the most telling first."""
_SORTED: Final = orjson.OPT_SORT_KEYS
_WORDS: Final[Mapping[str, str]] = {"defaultVariant": "default variant"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One flag that differs; a side is None where the flag does not exist there."""

    key: str
    before: Json
    after: Json
    aspect: str | None
    """The most telling field that differs; None when nothing differs that decides the flag's value."""
    evaluators: Json = None
    """Shared rules that the flag refers to and that differ, before and after."""

    def original(self) -> dict[str, Json]:
        """What the documents say about this one flag, both sides; its key is a value, so that it is shown."""
        rules: dict[str, Json] = {} if self.evaluators is None else {"$evaluators": self.evaluators}
        return {"flag": self.key, "before": self.before, "after": self.after, **rules}

    def shown(self, original: Mapping[str, Json]) -> "Difference":
        """The same difference as its redacted original shows it."""
        return replace(
            self,
            key=text(original.get("flag")) or "",
            before=original.get("before"),
            after=original.get("after"),
            evaluators=original.get("$evaluators"),
        )

    @property
    def matters(self) -> bool:
        """False when only words about the flag changed."""
        return self.before is None or self.after is None or self.aspect is not None

    def words(self) -> tuple[str | None, str | None]:
        """Before and after, each as it stands in the document."""
        aspect = "defaultVariant" if self.before is None or self.after is None else self.aspect
        return (_said(self.before, aspect), _said(self.after, aspect)) if aspect else (None, None)

    def title(self) -> str:
        """What was done, in one line."""
        before, after = self.words()
        if self.before is None:
            return f"flag {self.key} added, {after or 'without a default variant'}"
        if self.after is None:
            return f"flag {self.key} removed, was {before or 'without a default variant'}"
        if not self.matters:
            return f"flag {self.key}: description or metadata changed"
        aspect = _WORDS.get(self.aspect or "", self.aspect)
        return f"flag {self.key}: {aspect} {before or 'none'} -> {after or 'none'}"


def flags_of(document: Json) -> dict[str, Json] | None:
    """The flags of a document by key; None when it is no flagd document."""
    flags = at(document, ("flags",))
    if isinstance(flags, list):
        return {key: flag for flag in flags if (key := text(at(flag, ("key",))))}
    return flags if isinstance(flags, dict) else None


def differences(before: Json, after: Json) -> Iterator[Difference]:
    """Every flag that differs, in the order of the new document, removed ones last."""
    old, new = flags_of(before) or {}, flags_of(after) or {}
    rules_before, rules_after = mapping(at(before, ("$evaluators",))), mapping(at(after, ("$evaluators",)))
    rules = {**rules_before, **rules_after}
    changed = [name for name in rules if not same(rules_before.get(name), rules_after.get(name))]
    for key in {**new, **old}:
        touched: dict[str, Json] = {
            name: [rules_before.get(name), rules_after.get(name)]
            for name in changed
            if f'"$ref":"{name}"' in _dumped(new.get(key))
        }
        if touched or not same(old.get(key), new.get(key)):
            yield _difference(key, old.get(key), new.get(key), touched or None)


def _difference(key: str, before: Json, after: Json, evaluators: Json) -> Difference:
    old, new = mapping(before), mapping(after)
    differing = (field for field in _TELLING if not same(old.get(field), new.get(field)))
    aspect = next(differing, "targeting" if evaluators is not None else None)
    return Difference(key, before, after, aspect, evaluators)


def same(one: Json, other: Json) -> bool:
    """Equal as JSON, where true is not 1; what is nested too deep to compare counts as different."""
    try:
        return orjson.dumps(one, option=_SORTED) == orjson.dumps(other, option=_SORTED)
    except orjson.JSONEncodeError:
        return False


def _dumped(value: Json) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # nested too deep
        return ""


def _said(flag: Json, aspect: str) -> str | None:
    value = at(flag, (aspect,))
    return None if value is None else literal(value)
