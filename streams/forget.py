"""What the fold may forget: what has been quiet for long, and, when there is too much, the oldest.

Forgetting goes by event time and by whole candidates.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from schemas.settings import Settings, micros
from schemas.thresholds import RankingSettings
from schemas.times import HOUR, LATEST
from streams.correlate import Index
from streams.memory import ScopeMemory, TenantMemory
from streams.state import AlertKey, AlertState
from streams.turn import Turn


def forget(scope: ScopeMemory, settings: Settings, now: int) -> None:
    """Drops the components and changes that have been quiet for the retention; looks once an hour of the clock."""
    if now == LATEST or now < scope.swept_at + HOUR:
        return
    scope.swept_at = now
    before = now - micros(settings.correlation.retention_s)
    whole = scope.views.live.together() if scope.views else ()
    quiet = [keys for keys in whole if all(_last(scope.alerts[key]) < before for key in keys)]
    _drop(scope, [key for keys in quiet for key in keys])
    scope.book.drop_before(before, _near([scope], settings.ranking))
    scope.ends.drop_before(before)
    scope.said.drop_before(before, scope.alerts.__contains__)


def forget_changes(tenant: TenantMemory, scopes: Iterable[ScopeMemory], settings: Settings, now: int) -> None:
    """The same for the changes and ends of a whole tenant; `scopes` are the tenant's."""
    if now != LATEST and now >= tenant.swept_at + HOUR:
        tenant.swept_at = now
        before = now - micros(settings.correlation.retention_s)
        tenant.book.drop_before(before, _near(scopes, settings.ranking))
        tenant.ends.drop_before(before)


def _near(scopes: Iterable[ScopeMemory], ranking: RankingSettings) -> Callable[[int], bool]:
    """Whether an alert that is still known starts so near to a moment that a change then counts for it."""
    starts = sorted(alert.at for scope in scopes for alert in scope.alerts.values())
    ahead, back = micros(ranking.look_ahead_s), micros(ranking.look_back_s)

    def near(moment: int) -> bool:
        place = bisect_left(starts, moment - ahead)
        return place < len(starts) and starts[place] <= moment + back

    return near


def overflow(turn: Turn, at: int) -> None:
    """Drops the oldest candidates when a scope holds more alerts than it may; counted, and put on record.

    The latest stays whatever its size, so that an incident in full swing is never forgotten while it is told.
    """
    scope, limit = turn.scope, turn.settings.correlation.max_alerts
    if len(scope.alerts) <= limit or scope.views is None:
        return
    keys: list[AlertKey] = []
    for together in _oldest(scope.views.live):
        if len(scope.alerts) - len(keys) <= limit - limit // 20:
            break
        keys.extend(together)
    if not keys:
        return
    _drop(scope, keys)
    scope.evicted += len(keys)
    turn.cause.reached.append("scope_alerts")
    details = {"alerts": str(len(keys)), "limit": str(limit)}
    turn.audit(f"scope/{scope.environment}", "evicted", at, details)


def _oldest(index: Index) -> Iterator[list[AlertKey]]:
    """What may be dropped, the oldest first: all that was placed together, and of the latest its older candidates."""
    *older, latest = index.together()
    yield from older
    for group in index.groups(latest[0])[:-1]:
        yield [placed.alert.key for placed in group.placed]


def _last(alert: AlertState) -> int:
    return max(alert.at, alert.last_at, alert.ended_at or 0)


def _drop(scope: ScopeMemory, keys: Sequence[AlertKey]) -> None:
    """Forgets alerts that were placed together, here and among what has settled; the others stay as they are."""
    if not keys:
        return
    if scope.views:
        scope.views.live.drop(keys)
        scope.views.settled.drop(keys)
        scope.views.looks.drop(keys)
    scope.answers.drop(keys)
    for key in keys:
        del scope.alerts[key]
        scope.waits.pop(key, None)
        name = scope.firsts.pop(key, None)
        if name is not None:
            scope.published.pop(name, None)
            scope.decided.pop(name, None)
    for waiting in (scope.arrived, scope.called, scope.unrevised):
        waiting.intersection_update(scope.alerts.keys())
