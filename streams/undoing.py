"""What later changes of the same target say of a change: that it went back to rest, or was itself taken back.

A target rests at the value that it has held for longest. Going back there is a fix or a reset, and seldom to blame.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.events import ChangeFacts
from schemas.times import EARLIEST, HOUR
from streams.state import ChangeState

_ABSENT: Final = "(absent)"
_PRESENT: Final = "(present)"
_SINCE_BEFORE: Final = 4 * HOUR
"""How long the value before the first change that is known is taken to have been held."""


def place_of(change: ChangeState) -> tuple[int, str]:
    """Where a change stands among others: by the time at which it took effect, and its name."""
    return change.facts.effective_at, change.facts.source_ref


@dataclass(slots=True)
class History:
    """The changes of one target that did something to it, in their order."""

    changes: tuple[ChangeState, ...]
    places: list[tuple[int, str]] = field(init=False)
    latest_settle: int = field(init=False)
    """Time of the clock from which decisions count all of them."""
    _returns: list[bool] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Notes where each is."""
        self.places = [place_of(change) for change in self.changes]
        self.latest_settle = max((change.settle_at for change in self.changes), default=EARLIEST)

    def settled(self, by: int | None) -> "History":
        """Those that decisions count by a time of the clock; all for None."""
        if by is None or self.latest_settle <= by:
            return self
        return History(tuple(change for change in self.changes if change.settle_at <= by))

    def before(self, change: ChangeState) -> int:
        """How many went before a change."""
        return bisect_left(self.places, place_of(change))

    def after(self, change: ChangeState) -> tuple[ChangeState, ...]:
        """Those that came after a change."""
        return self.changes[bisect_right(self.places, place_of(change)) :]

    def story(self, change: ChangeState) -> "Story":
        """What the others tell of a change."""
        following = bisect_right(self.places, place_of(change))
        return Story(
            change,
            self,
            self.before(change),
            self.changes[following] if following < len(self.changes) else None,
        )

    def is_return(self, change: ChangeState, before: int) -> bool:
        """True for a change back to rest; `before` of these went before it. All are found in one go."""
        if before == len(self.changes) or self.changes[before] is not change:
            return is_return(change, self.changes[:before])
        if not self._returns:
            rest = Rest()
            self._returns = [rest.next_returns(one.facts) for one in self.changes]
        return self._returns[before]


class Story(NamedTuple):
    """A change among those of its target: how many went before it, and the one that followed."""

    change: ChangeState
    history: History
    begun: int
    following: ChangeState | None

    @property
    def before(self) -> tuple[ChangeState, ...]:
        """Those that went before it."""
        return self.history.changes[: self.begun]

    @property
    def is_return(self) -> bool:
        """True where it went back to rest."""
        return self.history.is_return(self.change, self.begun)


def history_of(changes: Iterable[ChangeState]) -> History:
    """The history of one target; those that are not suspectable did nothing to it."""
    return History(tuple(sorted((one for one in changes if one.suspectable), key=place_of)))


NOTHING: Final = History(())
"""Of what nobody has changed."""


@dataclass(slots=True)
class Rest:
    """Where a target rests, change by change: each is asked about before it is taken in, in their order."""

    _held: dict[str | None, int] = field(default_factory=dict)
    """How long each value has been held, up to the last change; those that came first are first."""
    _order: dict[str | None, int] = field(default_factory=dict)
    _longest: str | None = None
    """The value that has been held for longest; of several the first."""
    _last: ChangeFacts | None = None

    def is_return(self, facts: ChangeFacts) -> bool:
        """True where the next change goes back to rest."""
        after, last = _after(facts), self._last
        if last is None or after is None:
            return False
        now = _after(last)
        lately = self._held.get(now, 0) + facts.effective_at - last.effective_at
        rest = now if self._is_longer(now, lately) else self._longest
        return rest == after != _before(facts)

    def take(self, facts: ChangeFacts) -> None:
        """Takes the next change in."""
        last, self._last = self._last, facts
        if last is None:
            self._longest = _before(facts)
            self._hold(self._longest, _SINCE_BEFORE)
        else:
            self._hold(_after(last), facts.effective_at - last.effective_at)

    def next_returns(self, facts: ChangeFacts) -> bool:
        """The same as one after the other."""
        returns = self.is_return(facts)
        self.take(facts)
        return returns

    def _hold(self, value: str | None, length: int) -> None:
        self._order.setdefault(value, len(self._order))
        self._held[value] = held = self._held.get(value, 0) + length
        if self._is_longer(value, held):
            self._longest = value

    def _is_longer(self, value: str | None, held: int) -> bool:
        """True where a value held so long is what the target rests at."""
        longest = self._held[self._longest]
        mine, theirs = (self._order.get(one, len(self._order)) for one in (value, self._longest))
        return (-held, mine) <= (-longest, theirs)


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
