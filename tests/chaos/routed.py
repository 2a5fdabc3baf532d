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


def judged(sent: Mapping[Place, Told], came: Iterable[Place], letters: Iterable[Place]) -> list[str]:
    """What of the records at these places did not become what it has to; each of them exactly once."""
    due: dict[Fate, set[tuple[int, int]]] = {
        "good": {(1, 0)},
        "bad": {(0, 1)},
        "either": {(1, 0), (0, 1)},
    }
    signals, refusals = Counter(came), Counter(letters)
    return [
        f"{one.how} at {place}: {found[0]} signals, {found[1]} dead letters"
        for place, one in sent.items()
        if (found := (signals[place], refusals[place])) not in due[one.fate]
    ]
