"""What the rhythm of the feeds tells that is not known: which may be silent, which come late, whose clock is ahead."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median_low
from typing import Final

from schemas.events import CHANGE_KINDS
from schemas.model import built
from schemas.packets import Unknown
from schemas.settings import micros
from schemas.thresholds import FeedSettings
from schemas.times import DAY, span_text
from streams.assess import Assessment, Surroundings
from streams.feeds import Feed, delays, rhythm

_MOST_SERVICES: Final = 5
"""Services whose feeds are looked at: the suspected root, and the first that alert."""


def feed_gaps(assessment: Assessment, around: Surroundings, settings: FeedSettings) -> Iterator[Unknown]:
    """What is not known since a feed may be silent or late, by its own rhythm up to the onset, or a clock is ahead."""
    tools = sorted({feed for book in around.feeds for feed in book.tools})
    for feed in tools:
        yield from _silent(feed, feed.name, assessment, around, settings)
    for service in dict.fromkeys((*assessment.roots[:1], *assessment.services[:_MOST_SERVICES])):
        for kind in CHANGE_KINDS:
            yield from _silent(Feed(kind, "service", service.lower()), service, assessment, around, settings)
    took = [(feed, delays(around.feeds, feed, assessment.window.closes)) for feed in tools]
    for feed, delayed in took:
        yield from _late(feed, delayed, settings)
    yield from _skewed(took, assessment, settings)


def _silent(
    feed: Feed, name: str, assessment: Assessment, around: Surroundings, settings: FeedSettings
) -> Iterator[Unknown]:
    """Longer than what is usual for it, and than what has ever been between two reports that are remembered."""
    onset = assessment.group.onset
    known = rhythm(around.feeds, feed, onset)
    if known is None or known.days < settings.known_days:
        return
    quiet = onset - known.last
    expected = max(known.usual * settings.silent_usual, known.longest * settings.silent_longest)
    if expected < quiet <= micros(settings.gone_s):
        text = (
            f"No {feed.kind} event from {name} for {span_text(quiet)}; its usual rhythm is"
            f" {_days(known.usual)}: the {feed.kind} feed may be silent."
        )
        yield built(Unknown, code=f"silent_{feed.kind}_feed", subject=name, text=text)


def _days(gap: int) -> str:
    days = gap // DAY
    return "a day" if days == 1 else f"{days} days"


def _late(feed: Feed, took: Sequence[int], settings: FeedSettings) -> Iterator[Unknown]:
    if len(took) < settings.known_reports or median_low(took) < micros(settings.late_s):
        return
    text = (
        f"{feed.kind.capitalize()} events from {feed.name} usually come {span_text(median_low(took))} late:"
        " one from just before the onset may still be on its way."
    )
    yield built(Unknown, code=f"late_{feed.kind}_feed", subject=feed.name, text=text)


def _skewed(
    reported: Iterable[tuple[Feed, Sequence[int]]], assessment: Assessment, settings: FeedSettings
) -> Iterator[Unknown]:
    """Whose clock is ahead of ours, by what it dated later than the moment at which it came."""
    ahead: dict[str, int] = {}
    for feed, took in reported:
        ahead[feed.name] = max(ahead.get(feed.name, 0), -min(took, default=0))
    for placed in assessment.group.placed:
        facts, came = placed.alert.facts, placed.alert.ref.ingested_at
        ahead[facts.source] = max(ahead.get(facts.source, 0), placed.alert.at - came)
    for source, by in sorted(ahead.items()):
        if by > micros(settings.skew_s):
            text = f"The clock of {source} is at least {span_text(by)} ahead of ours: its order among others is unsure."
            yield built(Unknown, code="clock_skew", subject=source, text=text)
