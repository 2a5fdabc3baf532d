"""What the fold may forget: what has been quiet for long, and, when there is too much, the oldest.

Forgetting goes by event time and by whole components, so that no candidate loses a part of itself.
"""

from collections.abc import Iterable

from schemas.settings import Settings, micros
from schemas.times import HOUR, LATEST
from streams.memory import ScopeMemory
from streams.state import AlertKey, AlertState
from streams.turn import Turn


def forget(scope: ScopeMemory, settings: Settings, now: int) -> None:
    """Drops the components and changes that have been quiet for the retention; looks once an hour of the clock."""
    if now == LATEST or now < scope.swept_at + HOUR:
        return
    scope.swept_at = now
    before = now - micros(settings.correlation.retention_s)
    scope.book.drop_before(before)
    if scope.views is None:
        return
    quiet = [
        keys
        for keys in scope.views.live.components()
        if all(_last(scope.alerts[key]) < before for key in keys)
    ]
    _drop(scope, [key for keys in quiet for key in keys])


def overflow(turn: Turn, at: int) -> None:
    """Drops the oldest components when a scope holds more alerts than it may; counted, and put on record."""
    scope, limit = turn.scope, turn.settings.correlation.max_alerts
    if len(scope.alerts) <= limit or scope.views is None:
        return
    keys: list[AlertKey] = []
    for component in scope.views.live.components():
        if len(scope.alerts) - len(keys) <= limit - limit // 20:
            break
        keys.extend(component)
    _drop(scope, keys)
    scope.evicted += len(keys)
    details = {"alerts": str(len(keys)), "limit": str(limit)}
    turn.audit(f"scope/{scope.environment}", "evicted", at, details)


def _last(alert: AlertState) -> int:
    return max(alert.at, alert.last_at, alert.ended_at or 0)


def _drop(scope: ScopeMemory, keys: Iterable[AlertKey]) -> None:
    for key in keys:
        del scope.alerts[key]
        name = scope.firsts.pop(key, None)
        if name is not None:
            scope.published.pop(name, None)
            scope.decided.pop(name, None)
        scope.views = None
    scope.unrevised &= scope.alerts.keys()
