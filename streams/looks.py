"""Looks at candidates that are kept: where nothing of what a look rests on has changed, it is not taken again.

A step that decides on a candidate has it looked at for its packet too, and a report has many looked at that it says
nothing of: half of all looks would find what the last one found. Never stored; what is looked at anew is the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from schemas.events import AlertFacts
from schemas.settings import Settings
from streams.assess import Assessment, Surroundings, assess
from streams.desk import Desk
from streams.group import Group
from streams.state import AlertKey

_OF_ONE: Final = 3
"""Looks kept of one candidate: what has come, what has settled, and one on the way."""
_MOST: Final = 5_000
"""Explanations in all looks kept."""


@dataclass(slots=True)
class _Kept:
    """A look, and the state of what it rests on."""

    assessment: Assessment
    facts: tuple[AlertFacts, ...]
    by: int | None
    desk: Desk
    said: int
    books: tuple[int, ...]
    past: int


@dataclass(slots=True)
class Looks:
    """The looks kept of the candidates of one scope, as long as its catalog says the same."""

    _kept: dict[AlertKey, list[_Kept]] = field(default_factory=dict)
    _size: int = 0

    def assess(
        self, group: Group, around: Surroundings, settings: Settings, by: int | None = None
    ) -> Assessment:
        """The same as `assess`."""
        kept = self._kept.get(group.first, [])
        for one in kept:
            if _holds(one, group, around, by):
                return _renewed(one, group, around)
        seen = assess(group, around, settings, by)
        self._keep(seen, around, by)
        return seen

    def _keep(self, seen: Assessment, around: Surroundings, by: int | None) -> None:
        before = self._kept.pop(seen.group.first, [])
        facts = tuple([placed.alert.facts for placed in seen.group.placed])
        books, past = _marks(around)
        one = _Kept(seen, facts, by, around.desk, around.said.version, books, past)
        self._size += len(seen.ranked) - sum(len(gone.assessment.ranked) for gone in before[_OF_ONE - 1 :])
        self._kept[seen.group.first] = [one, *before[: _OF_ONE - 1]]
        while self._size > _MOST and len(self._kept) > 1:
            self.drop([next(iter(self._kept))])

    def drop(self, firsts: Iterable[AlertKey]) -> None:
        """Forgets the looks at the candidates that begin with one of these alerts."""
        for first in firsts:
            self._size -= sum(len(gone.assessment.ranked) for gone in self._kept.pop(first, ()))


def _marks(around: Surroundings) -> tuple[tuple[int, ...], int]:
    past = around.past.touched.mark() if around.past else 0
    return tuple([book.touched.mark() for book in around.books]), past


def _renewed(one: _Kept, group: Group, around: Surroundings) -> Assessment:
    """The look at the group as it is now, which holds up to here."""
    one.books, one.past = _marks(around)
    known, answers = one.assessment, around.answers.of(placed.alert.key for placed in group.placed)
    return known if known.group is group and not answers else replace(known, group=group, answers=answers)


def _holds(one: _Kept, group: Group, around: Surroundings, by: int | None) -> bool:
    """True where a look rests on the same alerts, changes, words of people and runbooks as one would now."""
    basis, known = one.assessment.basis, one.assessment.group
    if by != one.by and not all(each is None or each >= basis.settles for each in (by, one.by)):
        return False
    return (
        (known is group or (known.kins == group.kins and known.life.size == group.life.size))
        and all(placed.alert.facts is facts for placed, facts in zip(group.placed, one.facts, strict=True))
        and one.said == around.said.version
        and one.desk is around.desk
        and not any(_touches(one, around))
    )


def _touches(one: _Kept, around: Surroundings) -> Iterator[bool]:
    """Whether what has become known since may have changed what was seen."""
    basis, window = one.assessment.basis, one.assessment.window
    for book, mark in zip(around.books, one.books, strict=True):
        touched = book.touched.since(mark)
        yield touched is None
        for at, target in touched or ():
            yield window.opens <= at <= window.closes or target in basis.targets
    if basis.past and around.past:
        starts = around.past.touched.since(one.past)
        yield starts is None or any(at <= one.assessment.group.onset for at in starts)
