"""Owns what the agents tell of their work: counts once a batch, and readings of what the folds hold.

May not: change anything, or wait. Goes to: `wire.meters`.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping

from agents.progress import Batch
from schemas.audit import DeadLetter
from schemas.codec import MAX_VALUE_BYTES
from schemas.metrics import (
    DEAD_LETTERS,
    DEDUPLICATED,
    EVENT_TIME_DELAY,
    INPUT_DELAY,
    LARGEST_SCOPE,
    NOTIFICATIONS,
    OUTPUTS,
    REVISIONS,
    ROUTED,
    STATE,
    Hop,
)
from schemas.signals import LIVE_CLOCK
from schemas.thresholds import CorrelationSettings
from schemas.times import SECOND
from streams.clock import Clock
from streams.fold import Fold
from streams.memory import Memory, ScopeMemory
from streams.route import Routed
from wire.meters import Readings, bound, count, hit, hop, watch

Folds = Callable[[], Mapping[int, Fold]]
"""The folds that are in hand now, by partition."""


def routed(batch: Batch, result: Routed) -> None:
    """A batch of an input partition has been routed, and everything is acknowledged."""
    count(ROUTED, len(batch.records), batch.topic)
    for letter in result.dead_letters:
        _refused("router", letter)
    _arrived("routed", batch)


def folded(batch: Batch, fold: Fold, sent: Counter[str]) -> None:
    """A batch of signals has been folded, and everything is acknowledged; `sent`: messages by topic."""
    for topic, messages in sent.items():
        count(OUTPUTS, messages, topic)
    count(REVISIONS, sent["incident-candidates"])
    tally = fold.tallied()
    count(NOTIFICATIONS, tally.notifications)
    count(DEDUPLICATED, tally.repeats)
    for limit in tally.reached:
        hit(limit)
    _arrived("folded", batch)


def refused(letter: DeadLetter) -> None:
    """A record of signals could not be understood, or what follows from it is too large to be sent."""
    _refused("correlator", letter)


def _refused(finder: str, letter: DeadLetter) -> None:
    count(DEAD_LETTERS, 1, finder, letter.reason)
    if letter.reason == "too_large":
        hit("message_bytes")


def watch_folds(folds: Folds, settings: CorrelationSettings) -> None:
    """Have what the folds hold, and how far their clocks are behind, read when somebody looks."""
    watch(STATE, lambda: _by_partition(folds, _held))
    watch(LARGEST_SCOPE, lambda: _by_partition(folds, _largest))
    watch(EVENT_TIME_DELAY, lambda: _delays(folds, time.time()))
    watch(INPUT_DELAY, lambda: _input_delays(folds, time.time()))
    bound("scope_alerts", settings.max_alerts, lambda: _most(folds, lambda scope: len(scope.alerts)))
    bound("message_bytes", MAX_VALUE_BYTES)
    bound("candidate_alerts", settings.max_members, lambda: _most(folds, _largest_candidate))


def _arrived(name: Hop, batch: Batch) -> None:
    hop(name, time.time() - batch.records[0].timestamp_ms / 1000)


def _by_partition(folds: Folds, measured: Callable[[Memory], Mapping[str, int]]) -> Readings:
    return {
        (str(partition), what): number
        for partition, fold in list(folds().items())
        for what, number in measured(fold.memory).items()
    }


def _held(memory: Memory) -> Mapping[str, int]:
    scopes, tenants = list(memory.scopes.values()), list(memory.tenants.values())
    books = [*(scope.book for scope in scopes), *(tenant.book for tenant in tenants)]
    return {
        "scopes": len(scopes),
        "alerts": sum(len(scope.alerts) for scope in scopes),
        "candidates": sum(len(scope.published) for scope in scopes),
        "changes": sum(len(book.by_ref) for book in books),
        "entities": sum(len(tenant.entities) for tenant in tenants),
    }


def _largest(memory: Memory) -> Mapping[str, int]:
    scopes = list(memory.scopes.values())
    return {
        "alerts": max((len(scope.alerts) for scope in scopes), default=0),
        "candidates": max((len(scope.published) for scope in scopes), default=0),
    }


def _most(folds: Folds, size: Callable[[ScopeMemory], int]) -> int:
    scopes = (scope for fold in list(folds().values()) for scope in list(fold.memory.scopes.values()))
    return max(map(size, scopes), default=0)


def _largest_candidate(scope: ScopeMemory) -> int:
    return max((each.life.size for each in list(scope.published.values()) if each.life), default=0)


def _delays(folds: Folds, now: float) -> Readings:
    """By partition, in seconds; nothing where the clock is unset."""
    clocks = {str(partition): _live(fold).now for partition, fold in list(folds().items())}
    return {(partition,): now - at / SECOND for partition, at in clocks.items() if at is not None}


def _input_delays(folds: Folds, now: float) -> Readings:
    """By input partition, in seconds, as the fold knows it that is furthest behind."""
    delays: dict[tuple[str, ...], float] = {}
    for fold in list(folds().values()):
        for (topic, partition), at in list(_live(fold).reached.items()):
            place = (topic, str(partition))
            delays[place] = max(delays.get(place, 0.0), now - at / SECOND)
    return delays


def _live(fold: Fold) -> Clock:
    return fold.memory.clocks.clocks.get(LIVE_CLOCK) or Clock()
