"""The changes of a tenant or a scope, by their names and in the order in which they took effect."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from streams.state import ChangeState


@dataclass(slots=True)
class ChangeBook:
    """Changes by source_ref, with a time-ordered view for windows."""

    by_ref: dict[str, ChangeState] = field(default_factory=dict)
    _order: list[tuple[int, str]] = field(default_factory=list)

    def add(self, change: ChangeState) -> bool:
        """Takes in a report of a change; True when what is known of the change is now different."""
        known = self.by_ref.get(change.facts.source_ref)
        if known is None:
            self.by_ref[change.facts.source_ref] = change
            insort(self._order, _place(change))
            return True
        place = _place(known)
        if not known.absorb(change):
            return False
        self._order.remove(place)
        insort(self._order, _place(known))
        return True

    def between(self, opens: int, closes: int) -> Iterator[ChangeState]:
        """The changes that took effect from `opens` to `closes`, both included, in that order."""
        start, end = bisect_left(self._order, (opens, "")), bisect_right(self._order, (closes, "\U0010ffff"))
        return (self.by_ref[ref] for _, ref in self._order[start:end])

    def drop_before(self, moment: int, needed: Callable[[int], bool]) -> None:
        """Forgets the changes that took effect before `moment`, but for those at times that are still needed."""
        end = bisect_left(self._order, (moment, ""))
        kept = [place for place in self._order[:end] if needed(place[0])]
        for _, ref in set(self._order[:end]).difference(kept):
            del self.by_ref[ref]
        self._order[:end] = kept


def _place(change: ChangeState) -> tuple[int, str]:
    return change.facts.effective_at, change.facts.source_ref
