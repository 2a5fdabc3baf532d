"""How regularly changes are reported: the rhythm of each feed, learned from the stream itself.

A feed is what one service, or one tool, reports of one kind of change. Days are remembered, not events, so that a
burst does not look like a rhythm, and weekends belong to it. What is remembered is a function of the set of reports:
their order does not matter. Bounded: a few days of each feed, and so many feeds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median_low
from typing import Any, Final, NamedTuple

from schemas.events import ChangeFacts, ChangeKind
from schemas.times import DAY

_DAYS: Final = 16
"""Days with a report that a feed is remembered by."""
_DELAYS: Final = 8
"""Reports whose way here is remembered."""
_MOST: Final = 2_000
"""Feeds remembered in one scope, or for one whole tenant; beyond it those that have been quiet longest go."""


class Feed(NamedTuple):
    """What reports: a kind of change, and the service or the tool that it comes from."""

    kind: ChangeKind
    of: str
    """service or source."""
    name: str


class Rhythm(NamedTuple):
    """How often a feed reports, in microseconds, by the days on which it did."""

    days: int
    usual: int
    """Median of the gaps between two such days."""
    longest: int
    last: int
    """When its last report by then took effect."""


class Days(NamedTuple):
    """The latest days of a feed by one of them: how many, and the gaps between them."""

    known: int
    usual: int
    longest: int
    last: int


@dataclass(slots=True)
class FeedMemory:
    """One feed: first and last report of its latest days, and how long its latest reports took to come."""

    days: dict[int, tuple[int, int]] = field(default_factory=dict)
    came: dict[int, int] = field(default_factory=dict)
    """Ingest time of reports by the time at which they took effect."""
    _ordered: tuple[list[int], list[int]] | None = field(default=None, compare=False)
    """Both in order, until the next report."""
    _told: dict[int, Days] = field(default_factory=dict, compare=False)
    """What its days tell by the number of those that had come, until the next report."""

    @property
    def last(self) -> int:
        """When its latest report took effect."""
        return max(last for _, last in self.days.values())

    def add(self, effective_at: int, ingested_at: int) -> None:
        """Takes in a report; the same again changes nothing."""
        at = min(effective_at, ingested_at)
        first, last = self.days.get(at // DAY, (at, at))
        self.days[at // DAY] = min(first, at), max(last, at)
        self.came[effective_at] = min(ingested_at, self.came.get(effective_at, ingested_at))
        for known, most in ((self.days, _DAYS), (self.came, _DELAYS)):
            if len(known) > most:
                del known[min(known)]
        self._ordered = None
        self._told.clear()

    def rhythm(self, by: int) -> Rhythm | None:
        """How often it reported by a moment."""
        days, _ = self._in_order()
        had = bisect_right(days, by // DAY)
        if had and self.days[days[had - 1]][0] > by:
            had -= 1
        told = self._told.get(had) or self._tell(days, had)
        if told.known == 0:
            return None
        return Rhythm(told.known, told.usual, told.longest, min(by, told.last))

    def _tell(self, days: Sequence[int], had: int) -> Days:
        numbers = days[max(0, had - _DAYS) : had]
        gaps = sorted((later - day) * DAY for day, later in pairwise(numbers))
        told = (
            Days(len(numbers), median_low(gaps), gaps[-1], self.days[numbers[-1]][1])
            if gaps
            else Days(0, 0, 0, 0)
        )
        self._told[had] = told
        return told

    def delays(self, by: int) -> Sequence[int]:
        """How long its latest reports by a moment took to come."""
        _, came = self._in_order()
        had = bisect_right(came, by)
        return [self.came[at] - at for at in came[max(0, had - _DELAYS) : had]]

    def _in_order(self) -> tuple[list[int], list[int]]:
        if self._ordered is None:
            self._ordered = sorted(self.days), sorted(self.came)
        return self._ordered


@dataclass(slots=True)
class Feeds:
    """The feeds of a scope, or of a whole tenant."""

    by_feed: dict[Feed, FeedMemory] = field(default_factory=dict)
    tools: set[Feed] = field(default_factory=set)
    """Those that are a tool's."""

    def add(self, feed: Feed, effective_at: int, ingested_at: int) -> None:
        """Takes in a report of a feed."""
        self.by_feed.setdefault(feed, FeedMemory()).add(effective_at, ingested_at)
        if feed.of == "source":
            self.tools.add(feed)
        if len(self.by_feed) > _MOST:
            quietest = min(self.by_feed, key=lambda known: (self.by_feed[known].last, known))
            del self.by_feed[quietest]
            self.tools.discard(quietest)


def feeds_of(facts: ChangeFacts) -> Iterator[Feed]:
    """The feeds that a report of a change belongs to: the tool's, and that of the service that it names."""
    yield Feed(facts.kind, "source", facts.source)
    service = facts.service or (facts.target.partition("/")[2] if facts.kind == "deploy" else "")
    if service:
        yield Feed(facts.kind, "service", service.lower())


def dump_feeds(feeds: Feeds) -> list[Any]:
    """What a snapshot keeps of feeds, as JSON holds it."""
    known = sorted(feeds.by_feed.items())
    return [[*feed, sorted(held.days.items()), sorted(held.came.items())] for feed, held in known]


def load_feeds(stored: Iterable[Any]) -> Feeds:
    """The feeds that `dump_feeds` wrote."""
    by_feed = {
        Feed(kind, of, name): FeedMemory({day: (a, b) for day, (a, b) in days}, dict(came))
        for kind, of, name, days, came in stored
    }
    return Feeds(by_feed, {feed for feed in by_feed if feed.of == "source"})


def rhythm(books: Iterable[Feeds], feed: Feed, by: int) -> Rhythm | None:
    """How often a feed reported by a moment, in microseconds; None where it had reported on fewer than two days."""
    known = _known(books, feed)
    return known.rhythm(by) if known else None


def delays(books: Iterable[Feeds], feed: Feed, by: int) -> Sequence[int]:
    """How long the latest reports of a feed by a moment took to come, in microseconds; below zero: from the future."""
    known = _known(books, feed)
    return known.delays(by) if known else ()


def _known(books: Iterable[Feeds], feed: Feed) -> FeedMemory | None:
    """What is remembered of a feed, in one or more books."""
    found = [book.by_feed[feed] for book in books if feed in book.by_feed]
    if len(found) <= 1:
        return found[0] if found else None
    both = FeedMemory()
    for known in found:
        for day, (first, last) in known.days.items():
            earlier, later = both.days.get(day, (first, last))
            both.days[day] = min(first, earlier), max(last, later)
        for effective_at, ingested_at in known.came.items():
            both.came[effective_at] = min(ingested_at, both.came.get(effective_at, ingested_at))
    return both
