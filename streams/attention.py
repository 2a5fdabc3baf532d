"""Which news of an alert or a change call for a look at its candidate at once, and which wait for the clock.

A look weighs all changes near a candidate against all its alerts, so it is taken at once only where the record itself
may say something material: a first packet, a kind of alert or a severity that is not shown yet, the end or the return
of the whole candidate, a change that may be its cause. All else is looked at once in ten seconds of the fold's clock,
and mere repeats once a minute. In a storm nineteen looks in twenty are never taken.
"""

from collections.abc import Iterable, Iterator

from schemas.events import ChangeFacts
from schemas.settings import Settings, micros
from schemas.thresholds import CorrelationSettings
from streams.correlate import Index
from streams.memory import Published, ScopeMemory
from streams.state import AlertKey, AlertState, highest

_BESIDE = 8
"""Alerts placed just before another that tell which candidate it has come to."""


def wait(published: Published, pause_s: float, scope: ScopeMemory) -> None:
    """Has a candidate looked at once a pause since its last cut is over."""
    _wait(published, micros(pause_s), scope.waits)


def wait_all(keys: Iterable[AlertKey], pause_s: float, scope: ScopeMemory) -> None:
    """Has the candidates of some alerts looked at once a pause since their last cut is over."""
    alerts, pause = scope.alerts, micros(pause_s)
    for name in {alerts[key].shown for key in keys} & scope.published.keys():
        _wait(scope.published[name or ""], pause, scope.waits)


def _wait(published: Published, pause: int, waits: dict[AlertKey, int]) -> None:
    at = published.cut_at + pause
    waits[published.first] = min(at, waits.get(published.first, at))


def called_for(scope: ScopeMemory, live: Index, correlation: CorrelationSettings) -> set[AlertKey]:
    """What a batch that is now all here has called for: of its new alerts, those that may not wait for the clock."""
    arrived = sorted(scope.arrived & scope.alerts.keys())
    called, scope.arrived, scope.called = scope.called, set(), set()
    return called | {key for key in arrived if not may_wait(scope.alerts[key], scope, live, correlation)}


def may_wait(alert: AlertState, scope: ScopeMemory, index: Index, correlation: CorrelationSettings) -> bool:
    """True for one more alert of a kind that its candidate already shows: it then waits for the clock.

    Which candidate that is the alerts beside it say: to split what was placed together costs milliseconds.
    """
    published = _beside(alert, scope, index)
    if published is None or published.life is None or _is_news(alert, published, index):
        return False
    starts_at, _ = published.first
    if published.life.size >= correlation.max_members or alert.at > starts_at + micros(correlation.life_s):
        return False
    wait(published, correlation.step_s, scope)
    return True


def _is_news(alert: AlertState, published: Published, index: Index) -> bool:
    shown, severity = published.material, alert.facts.severity
    returns = shown.state != "open" and alert.firing
    kind = f"{alert.facts.name} on {index.services[alert.key]}"
    return returns or kind not in shown.kinds or highest((severity, shown.severity)) != shown.severity


def _beside(alert: AlertState, scope: ScopeMemory, index: Index) -> Published | None:
    """The candidate that the alerts placed just before this one are shown in, where it is one."""
    names = {scope.alerts[key].shown for key in index.beside(alert.key, _BESIDE)} - {None}
    published = scope.published.get(names.pop() or "") if len(names) == 1 else None
    return None if published is None or published.merged_into else published


def repeated(alert: AlertState, scope: ScopeMemory, correlation: CorrelationSettings) -> None:
    """Nothing has changed but how often an alert came."""
    published = scope.published.get(alert.shown or "")
    if published is not None:
        wait(published, correlation.repeats_s, scope)
    else:
        scope.unrevised.add(alert.key)


def ended(alert: AlertState, scope: ScopeMemory, correlation: CorrelationSettings) -> bool:
    """True where the last alert of a candidate may have ended; else it waits for the clock."""
    published = scope.published.get(alert.shown or "")
    if published is None:
        scope.unrevised.add(alert.key)
        return False
    published.ended_since += 1
    if published.ended_since >= published.firing:
        return True
    wait(published, correlation.step_s, scope)
    return False


def called_by(
    facts: ChangeFacts, keys: Iterable[AlertKey], scope: ScopeMemory, settings: Settings
) -> Iterator[AlertKey]:
    """Of the alerts near a change, one of each candidate that it may be the cause of, or whose suspect it concerns.

    The others wait: what took effect after an onset seldom explains it.
    """
    shown = {scope.alerts[key].shown for key in keys}
    for name in sorted(name for name in shown if name in scope.published):
        published = scope.published[name]
        if facts.effective_at <= published.first[0] or facts.target == published.target:
            yield published.first
        else:
            wait(published, settings.correlation.step_s, scope)
