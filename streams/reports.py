"""What the fold learns that no decision hangs on: how regularly feeds report, and what queries have given."""

from collections.abc import Iterable

from schemas.events import ChangeFacts
from schemas.signals import Signal
from streams.answers import AnswerState
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


def hear_answer(answer: AnswerState, scope: ScopeMemory) -> None:
    """Takes an answer in; the candidate that it is for is looked at again at the next step of the clock."""
    if scope.answers.add(answer) and answer.key in scope.alerts:
        scope.unrevised.add(answer.key)
