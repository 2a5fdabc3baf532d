"""What the fold learns that no decision hangs on: how regularly feeds report, and what queries have given."""

from collections.abc import Iterable

from schemas.events import ChangeFacts
from schemas.settings import Settings, micros
from schemas.signals import Signal
from schemas.times import LATEST
from streams.answers import AnswerState
from streams.attention import wait_all
from streams.feeds import Feeds, feeds_of
from streams.memory import ScopeMemory
from streams.state import AlertKey


def learn(
    signal: Signal, facts: ChangeFacts, feeds: Feeds, scopes: Iterable[ScopeMemory], settings: Settings
) -> None:
    """Takes a report in; candidates that began later are looked at after a pause: a feed may be silent no more."""
    if facts.status != "succeeded":
        return
    for feed in feeds_of(facts):
        feeds.add(feed, facts.effective_at, signal.ingested_at)
    since = facts.effective_at - micros(settings.ranking.look_ahead_s)
    for scope in scopes:
        wait_all(_later(since, scope), settings.correlation.repeats_s, scope)


def _later(since: int, scope: ScopeMemory) -> Iterable[AlertKey]:
    """The alerts that started at `since` or after it; after a restart no index may say which yet."""
    if scope.views:
        return scope.views.live.started(since, LATEST)
    return [key for key, alert in scope.alerts.items() if alert.at >= since]


def hear_answer(answer: AnswerState, scope: ScopeMemory) -> None:
    """Takes an answer in; the candidate that it is for is looked at again at the next step of the clock."""
    if scope.answers.add(answer) and answer.key in scope.alerts:
        scope.unrevised.add(answer.key)
