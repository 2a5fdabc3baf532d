"""Owns the verdict on mutated records: each good one became a signal, each bad one a dead letter with its place.

Goes to: the tests.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import Final, Protocol, TypeVar

from schemas.settings import Settings
from streams.route import Routed, route
from tests.chaos.mutated import Fate, Mutated

Place = TypeVar("Place", bound=Hashable)


class Told(Protocol):
    """What was sent, and what has to become of it."""

    @property
    def how(self) -> str:
        """In words."""

    @property
    def fate(self) -> Fate:
        """What has to become of it."""


_DUE: Final[Mapping[Fate, frozenset[tuple[int, int]]]] = {
    "good": frozenset({(1, 0)}),
    "bad": frozenset({(0, 1)}),
    "either": frozenset({(1, 0), (0, 1)}),
}
"""How many signals and dead letters there may be of one record."""
_BATCH: Final = 1_000
_PARTITIONS: Final = 4


def wrong_of(mutated: Iterable[Mutated]) -> list[str]:
    """What went wrong when the router was given these, a line each."""
    wrong: list[str] = []
    given, first = iter(mutated), 0
    while batch := tuple(islice(given, _BATCH)):
        records = [one.record(first + place) for place, one in enumerate(batch)]
        routed = route("alerts", 0, records, _PARTITIONS, Settings(), "chaos")
        fates = {first + place: one for place, one in enumerate(batch)}
        wrong += judged(fates, through(routed), refused(routed))
        first += len(batch)
    return wrong


def through(routed: Routed) -> list[int]:
    """The offsets that signals stand for."""
    spans = (span for _, signal in routed.signals for span in signal.spans)
    return [offset for span in spans for offset in range(span.first, span.last + 1)]


def refused(routed: Routed) -> list[int]:
    """The offsets that dead letters with a reason name."""
    return [letter.offset for letter in routed.dead_letters if letter.reason and letter.offset is not None]


def fits(fate: Fate, signals: int, letters: int) -> bool:
    """Whether so many signals and dead letters of one record are what has to become of it."""
    return (signals, letters) in _DUE[fate]


def judged(sent: Mapping[Place, Told], came: Iterable[Place], letters: Iterable[Place]) -> list[str]:
    """What of the records at these places did not become what it has to; each of them exactly once."""
    signals, refusals = Counter(came), Counter(letters)
    return [
        f"{one.how} at {place}: {signals[place]} signals, {refusals[place]} dead letters"
        for place, one in sent.items()
        if not fits(one.fate, signals[place], refusals[place])
    ]
