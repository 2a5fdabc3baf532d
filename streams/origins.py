"""The changes that alerts may come from, as far as a scope knows them: when each took effect, and where."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from streams.changes import ChangeBook
from streams.splitting import Origin
from streams.state import ChangeState
from streams.ties import tie_of
from streams.topology import Topology
from streams.undoing import History


def _always() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Origins:
    """Looks changes up in the books of a scope and its tenant; with `by`, those that have settled by that time."""

    books: tuple[ChangeBook, ...]
    topology: Topology
    by: Callable[[], int | None] = _always

    def __call__(self, opens: int, closes: int, services: Collection[str]) -> Iterator[Origin]:
        """The changes that may be behind alerts, tied to one of the services, from `opens` to `closes`."""
        by = self.by()
        for book in self.books:
            told: dict[str, History] = {}
            for change in book.between(opens, closes):
                if not change.suspectable or (by is not None and change.settle_at > by):
                    continue
                service = tie_of(change.facts, self.topology).service
                if service is None or service not in services:
                    continue
                target = change.facts.target
                if target not in told:
                    told[target] = book.history(target).settled(by)
                if not _returns(change, told[target]):
                    yield Origin(change.facts.effective_at, service)


def _returns(change: ChangeState, history: History) -> bool:
    """True for a change that takes its target back to rest, by those that took effect before it."""
    return history.is_return(change, bisect_left(history.places, (change.facts.effective_at,)))
