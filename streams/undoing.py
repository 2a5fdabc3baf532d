"""What later changes of the same target say of a change: that it went back to rest, or was itself taken back.

A target rests at the value that it has held for longest. Going back there is a fix or a reset, and seldom to blame.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NamedTuple

from schemas.events import ChangeFacts
from schemas.times import HOUR
from streams.state import ChangeState

_ABSENT: Final = "(absent)"
_PRESENT: Final = "(present)"
_SINCE_BEFORE: Final = 4 * HOUR
"""How long the value before the first change that is known is taken to have been held."""


class Story(NamedTuple):
    """A change among those of its target: the ones before it, and the one that followed."""

    before: tuple[ChangeState, ...]
    following: ChangeState | None


def place_of(change: ChangeState) -> tuple[int, str]:
    """Where a change stands among others: by the time at which it took effect, and its name."""
    return change.facts.effective_at, change.facts.source_ref


def story_of(change: ChangeState, others: Iterable[ChangeState]) -> Story:
    """The story of a change among others of its target; those that are not suspectable did nothing to it."""
    place, told = place_of(change), sorted((o for o in others if o.suspectable), key=place_of)
    before = tuple(other for other in told if place_of(other) < place)
    return Story(before, next((other for other in told if place_of(other) > place), None))


@dataclass(slots=True)
class Rest:
    """Where a target rests, change by change: each is asked about before it is taken in, in their order."""

    _held: Counter[str | None] = field(default_factory=Counter)
    """How long each value has been held, up to the last change."""
    _last: ChangeFacts | None = None

    def is_return(self, facts: ChangeFacts) -> bool:
        """True where the next change goes back to rest."""
        after, last = _after(facts), self._last
        if last is None or after is None:
            return False
        held, now = self._held, _after(last)
        lately = {now: held[now] + facts.effective_at - last.effective_at}
        rest = max({**held, **lately}.items(), key=itemgetter(1))[0]
        return rest == after != _before(facts)

    def take(self, facts: ChangeFacts) -> None:
        """Takes the next change in."""
        last, self._last = self._last, facts
        if last is None:
            self._held[_before(facts)] = _SINCE_BEFORE
        else:
            self._held[_after(last)] += facts.effective_at - last.effective_at


def is_return(change: ChangeState, history: Sequence[ChangeState]) -> bool:
    """True for a change back to rest. `history` are the changes of its target before it, in their order."""
    rest = Rest()
    for one in history:
        rest.take(one.facts)
    return rest.is_return(change.facts)


def _before(facts: ChangeFacts) -> str | None:
    if facts.operation in {"create", "delete"}:
        return _ABSENT if facts.operation == "create" else _PRESENT
    return facts.before


def _after(facts: ChangeFacts) -> str | None:
    if facts.operation in {"create", "delete"}:
        return _PRESENT if facts.operation == "create" else _ABSENT
    return facts.after
