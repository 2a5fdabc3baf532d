"""The changes that alerts may come from, as far as a scope knows them: when each took effect, and where."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from streams.changes import ChangeBook
from streams.splitting import Origin
from streams.state import ChangeState
from streams.ties import tie_of
from streams.topology import Topology
from streams.undoing import is_return


def _always(_: ChangeState) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Origins:
    """Looks changes up in the books of a scope and its tenant; `counts` leaves out those that decisions do not know."""

    books: tuple[ChangeBook, ...]
    topology: Topology
    counts: Callable[[ChangeState], bool] = _always

    def __call__(self, opens: int, closes: int, services: Collection[str]) -> Iterator[Origin]:
        """The changes that may be behind alerts, tied to one of the services, from `opens` to `closes`."""
        for book in self.books:
            for change in book.between(opens, closes):
                if not change.suspectable or not self.counts(change):
                    continue
                service = tie_of(change.facts, self.topology).service
                if service is not None and service in services and not self._returns(change, book):
                    yield Origin(change.facts.effective_at, service)

    def _returns(self, change: ChangeState, book: ChangeBook) -> bool:
        known = (one for one in book.of_target(change.facts.target) if one.suspectable and self.counts(one))
        before = [one for one in known if one.facts.effective_at < change.facts.effective_at]
        return is_return(change, before)
