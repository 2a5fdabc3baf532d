"""What the fold learns from a report of a change, beside the change itself: how regularly its feeds report."""

from collections.abc import Iterable

from schemas.events import ChangeFacts
from schemas.signals import Signal
from streams.feeds import Feeds, feeds_of
from streams.memory import ScopeMemory


def learn(
    signal: Signal, facts: ChangeFacts, feeds: Feeds, scopes: Iterable[ScopeMemory], ahead: int
) -> None:
    """Takes a report in; candidates that began later are looked at again, since a feed may be silent no more.

    `ahead`: how long after an onset changes count, in microseconds.
    """
    if facts.status != "succeeded":
        return
    for feed in feeds_of(facts):
        feeds.add(feed, facts.effective_at, signal.ingested_at)
    for scope in scopes:
        scope.unrevised |= set(scope.views.live.since(facts.effective_at - ahead)) if scope.views else set()
