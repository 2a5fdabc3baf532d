"""What later changes of the same target say of a change: that it went back to rest, or was itself taken back.

A target rests at the value that it has held for longest. Going back there is a fix or a reset, and seldom to blame.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
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


def is_return(change: ChangeState, history: Sequence[ChangeState]) -> bool:
    """True for a change back to rest. `history` are the changes of its target before it, in their order."""
    after = _after(change.facts)
    if not history or after is None:
        return False
    first = history[0].facts
    held = Counter({_before(first): _SINCE_BEFORE})
    for one, following in zip(history, (*history[1:], change), strict=True):
        held[_after(one.facts)] += following.facts.effective_at - one.facts.effective_at
    (rest, _), *_ = held.most_common(1)
    return rest == after != _before(change.facts)


def _before(facts: ChangeFacts) -> str | None:
    if facts.operation in {"create", "delete"}:
        return _ABSENT if facts.operation == "create" else _PRESENT
    return facts.before


def _after(facts: ChangeFacts) -> str | None:
    if facts.operation in {"create", "delete"}:
        return _PRESENT if facts.operation == "create" else _ABSENT
    return facts.after
