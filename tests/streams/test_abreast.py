"""An index of what has settled beside one of what has come: what is the same is taken over, and nothing else is."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.settings import Settings
from streams.correlate import Index, index_of
from streams.splitting import nobody
from streams.state import AlertKey, AlertState
from tests.streams.pieces import alert_state, topology
from tests.streams.test_placing import slow_stories, stories
from tests.streams.world import alert

_GRAPH, _SETTINGS = topology(), Settings().correlation


def _pair() -> tuple[Index, Index]:
    ahead = Index(_GRAPH, _SETTINGS)
    return ahead, Index(_GRAPH, _SETTINGS, nobody, ahead=ahead)


def _together(index: Index) -> list[list[AlertKey]]:
    return index.together()


def _tell(index: Index, one: AlertState, *, ended: bool) -> None:
    if one.key not in index.alerts:
        index.insert(one, one.ended_at if ended else None)
    elif ended and one.ended_at is not None:
        index.end(one.key, one.ended_at)


def _alone(alerts: Sequence[AlertState], ended: set[AlertKey]) -> list[list[AlertKey]]:
    index = Index(_GRAPH, _SETTINGS)
    for one in alerts:
        index.insert(one, one.ended_at if one.key in ended else None)
    return _together(index)


@given(story=stories | slow_stories, data=st.data())
@settings(max_examples=60)
def test_the_one_behind_is_what_it_would_be_alone(story: list[AlertState], data: st.DataObject) -> None:
    """Alerts and ends come in any order, settle in any other, and somebody looks in between."""
    ahead, behind = _pair()
    waiting, counted = list[tuple[AlertState, bool]](), set[AlertKey]()
    for one, over in data.draw(st.permutations([(one, over) for one in story for over in (False, True)])):
        _tell(ahead, one, ended=over)
        waiting.append((one, over))
        for place in data.draw(st.lists(st.integers(0, len(waiting) - 1), max_size=2)):
            settled, ended = waiting.pop(min(place, len(waiting) - 1)) if waiting else (one, False)
            _tell(behind, settled, ended=ended)
            counted |= {settled.key} if ended else set()
        assert _alone([*behind.alerts.values()], counted) == _together(behind)


def test_what_was_placed_ahead_is_taken_over() -> None:
    """What counts of an alert, and the step that placed it, are those of the one ahead."""
    ahead, behind = _pair()
    alerts = [alert_state(alert(service, start=10)) for service in ("payment", "checkout", "frontend")]
    for index in (ahead, behind):
        for one in alerts:
            index.insert(one, None)
    assert _together(ahead) == _together(behind)
    assert all(behind.placing.kins[one.key] is ahead.placing.kins[one.key] for one in alerts)


def test_what_came_late_is_not_taken_over_before_it_has_settled() -> None:
    """Ahead a late alert stands between two; behind they are what they are without it."""
    ahead, behind = _pair()
    first, late, last = (alert_state(alert("payment", start=start)) for start in (0, 300, 600))
    for one in (first, last, late):
        ahead.insert(one, None)
    for one in (first, last):
        behind.insert(one, None)
    assert _together(index_of((first, last), _GRAPH, _SETTINGS)) == _together(behind)
    behind.insert(late, None)
    assert _together(ahead) == _together(behind)


def test_what_both_have_forgotten_hinders_nothing() -> None:
    """The oldest is forgotten by both; what settles after it is taken over as before."""
    ahead, behind = _pair()
    old, known, new = (alert_state(alert("payment", start=start)) for start in (0, 40_000, 80_000))
    for one in (old, known, new):
        ahead.insert(one, None)
    for one in (old, known):
        behind.insert(one, None)
    assert 2 == len(_together(behind))
    for index in (ahead, behind):
        index.drop([old.key])
    behind.insert(new, None)
    assert [[known.key], [new.key]] == _together(ahead) == _together(behind)
    assert behind.placing.kins[new.key] is ahead.placing.kins[new.key]
