"""The changes of a tenant or a scope, by their names and in the order in which they took effect."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from schemas.events import ChangeFacts
from streams.state import ChangeState
from streams.touched import Touched
from streams.undoing import NOTHING, History, history_of, place_of


@dataclass(slots=True)
class ChangeBook:
    """Changes by source_ref, with a time-ordered view for windows."""

    by_ref: dict[str, ChangeState] = field(default_factory=dict)
    touched: Touched[tuple[int, str]] = field(default_factory=Touched, compare=False)
    """When what has become known, or was forgotten, took effect, and on which target."""
    _order: list[tuple[int, str]] = field(default_factory=list)
    _by_target: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    _histories: dict[str, History] = field(default_factory=dict, compare=False)
    """Those that were asked for, until something becomes known of their target."""

    def add(self, change: ChangeState) -> bool:
        """Takes in a report of a change; True when what is known of the change is now different."""
        known = self.by_ref.get(change.facts.source_ref)
        if known is None:
            self._enter(change)
            self._touch(change.facts)
            return True
        self._leave(known)
        facts = known.facts
        changed = known.absorb(change)
        self._enter(known)
        if changed:
            self._touch(facts)
            self._touch(known.facts)
        return changed

    def between(self, opens: int, closes: int) -> Iterator[ChangeState]:
        """The changes that took effect from `opens` to `closes`, both included, in that order."""
        start, end = bisect_left(self._order, (opens, "")), bisect_right(self._order, (closes, "\U0010ffff"))
        return (self.by_ref[ref] for _, ref in self._order[start:end])

    def history(self, target: str) -> History:
        """The changes of one target that did something to it."""
        if target not in self._by_target:
            return NOTHING
        if target not in self._histories:
            self._histories[target] = history_of(self.by_ref[ref] for _, ref in self._by_target[target])
        return self._histories[target]

    def drop_before(self, moment: int, needed: Callable[[int], bool]) -> None:
        """Forgets the changes that took effect before `moment`, but for those at times that are still needed."""
        end = bisect_left(self._order, (moment, ""))
        for at, ref in self._order[:end]:
            if not needed(at):
                gone = self.by_ref.pop(ref)
                self._leave(gone)
                self._touch(gone.facts)

    def _touch(self, facts: ChangeFacts) -> None:
        self.touched.add((facts.effective_at, facts.target))

    def _enter(self, change: ChangeState) -> None:
        self.by_ref[change.facts.source_ref] = change
        insort(self._order, place_of(change))
        insort(self._by_target.setdefault(change.facts.target, []), place_of(change))
        self._histories.pop(change.facts.target, None)

    def _leave(self, change: ChangeState) -> None:
        del self._order[bisect_left(self._order, place_of(change))]
        places = self._by_target[change.facts.target]
        del places[bisect_left(places, place_of(change))]
        self._histories.pop(change.facts.target, None)
        if not places:
            del self._by_target[change.facts.target]
