"""The answers of queries in one scope: which candidate each belongs to, the latest of each, and what it says in words.

An answer belongs to the candidate that holds the first alert of the one that it was asked for, so that it follows
merges. The first record of a query counts, whatever comes again. Bounded.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.answers import AnswerFacts, Outcome, Unit
from streams.state import AlertKey, Ref

_MOST: Final = 2_000
"""Answers remembered in one scope; beyond it those with the oldest windows go."""
_SAID: Final[dict[Outcome, str]] = {
    "empty": "there is no such series",
    "no_number": "the answer is no number",
    "unreachable": "the source cannot be reached",
    "timed_out": "the source did not answer in time",
    "refused": "the source refused the query",
    "too_large": "the answer is too large",
    "malformed": "the answer cannot be understood",
}


class AnswerState(NamedTuple):
    """One answer and where its original is."""

    facts: AnswerFacts
    ref: Ref

    @property
    def key(self) -> AlertKey:
        """The first alert of the candidate that it was asked for."""
        return self.facts.starts_at, self.facts.fingerprint

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among others: by the end of its window."""
        return self.facts.closes, self.facts.answer_id


@dataclass(slots=True)
class AnswerBook:
    """The answers of a scope by the id of their query."""

    by_id: dict[str, AnswerState] = field(default_factory=dict)

    def add(self, answer: AnswerState) -> bool:
        """Takes in an answer; True when it is the one that counts now."""
        known = self.by_id.get(answer.facts.answer_id)
        if known is not None and known.ref <= answer.ref:
            return False
        self.by_id[answer.facts.answer_id] = answer
        if len(self.by_id) > _MOST:
            del self.by_id[min(self.by_id, key=lambda name: self.by_id[name].place)]
        return True

    def of(self, keys: Iterable[AlertKey]) -> tuple[AnswerState, ...]:
        """The answers for what holds these alerts, by the end of their windows; of each question the latest alone."""
        if not self.by_id:
            return ()
        held, latest = set(keys), dict[tuple[str, str, str], AnswerState]()
        for answer in sorted(self.by_id.values(), key=lambda one: one.place):
            facts = answer.facts
            if answer.key in held:
                asked = facts.query if facts.aspect == "check" else ""
                latest[facts.aspect, facts.service, asked] = answer
        return tuple(latest.values())

    def drop(self, keys: Iterable[AlertKey]) -> None:
        """Forgets the answers for alerts that are forgotten."""
        if self.by_id:
            gone = set(keys)
            self.by_id = {name: one for name, one in self.by_id.items() if one.key not in gone}


def why_not(facts: AnswerFacts) -> str:
    """Why there is no number, in words."""
    detail = f" ({facts.detail})" if facts.detail else ""
    return f"{_SAID[facts.outcome]}{detail}" if facts.outcome in _SAID else "nothing came"


def number_text(raw: str, unit: Unit) -> str:
    """A number as a person would say it: `31 %`, `2.9 s`, `400 ms`, `12/s`."""
    value = float(raw)
    if unit == "share":
        return f"{_short(100 * value)} %"
    if unit == "seconds":
        return f"{_short(value)} s" if abs(value) >= 1 else f"{_short(1000 * value)} ms"
    return f"{_short(value)}/s" if unit == "per_second" else _short(value)


def is_number(raw: str) -> bool:
    """False for what is written where no number came out, such as NaN."""
    try:
        return math.isfinite(float(raw))
    except ValueError:
        return False


def _short(value: float) -> str:
    """Two digits that count, and no exponent."""
    if value == 0 or abs(value) >= 10:  # noqa: PLR2004 - two digits before the point
        return f"{value:.0f}"
    return f"{value:.{max(0, 1 - math.floor(math.log10(abs(value))))}f}".rstrip("0").rstrip(".") or "0"
