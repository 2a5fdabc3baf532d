"""What an alert that is known already says when it comes again: in a storm nearly always nothing but that it did.

Goes to: `streams.fold`.
"""

from schemas.events import AlertFacts
from schemas.kept import kept
from schemas.settings import micros
from schemas.signals import Signal
from schemas.thresholds import CorrelationSettings
from schemas.times import MINUTE
from streams import attention
from streams.filed import filed_by
from streams.memory import ScopeMemory
from streams.settling import grid
from streams.state import AlertState, settle_time

_COUNT = MINUTE
"""Length of the intervals in which repeats are put on record."""


def is_repeat(
    known: AlertState, signal: Signal, facts: AlertFacts, scope: ScopeMemory, rules: CorrelationSettings
) -> bool:
    """True for what says nothing new, which is then taken in but for its count; a scope that is full looks closer."""
    lateness, future = micros(rules.lateness_s), micros(rules.future_s)
    if len(scope.alerts) > rules.max_alerts:
        return False
    if not known.hears_nothing_new(signal, facts, lateness=lateness, future=future):
        return False
    known.last_at = max(known.last_at, signal.last_ingested_at)
    if known.ended_at is not None:
        scope.schedule(settle_time(signal, lateness), "end", known.key)
    attention.repeated(known, scope, rules)
    return True


def count(alert: AlertState, new: int, signal: Signal, scope: ScopeMemory) -> None:
    """Counts notifications, and has repeats put on record at the end of their interval."""
    interval = grid(signal.ingested_at, _COUNT)
    if interval not in alert.cells:
        scope.schedule(interval, "count", alert.key)
    alert.add_count(new, interval)


def absorb(known: AlertState, seen: AlertState, scope: ScopeMemory, rules: CorrelationSettings) -> bool:
    """Takes a further notification in; True when it may be material. What is now filed otherwise has it filed anew."""
    at, settle_at, facts, notes, end = known.at, known.settle_at, known.facts, known.notes, known.ended_at
    changed = known.absorb(seen)
    refiled = known.at != at
    if known.facts is not facts:
        known.facts = kept(known.facts)
        refiled |= filed_by(known.facts) != filed_by(facts)
    if refiled or known.settle_at < settle_at:
        scope.schedule(known.settle_at, "alert", known.key)
    if refiled:
        scope.views = scope.plans = None
    elif known.ended_at is not None and scope.views:
        scope.views.live.end(known.key, known.ended_at)
    if known.at != at or (changed and (known.facts != facts or known.notes != notes)):
        return True
    if known.ended_at != end:
        return attention.ended(known, scope, rules)
    attention.repeated(known, scope, rules)
    return False
