"""Placing alerts and taking placements back: whatever comes late, the candidates are those of everything at once."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.settings import Settings
from streams.correlate import Index, index_of
from streams.group import Life
from streams.kinship import Link
from streams.state import AlertKey, AlertState
from tests.streams.pieces import alert_state, topology
from tests.streams.world import alert

_SERVICES = ("frontend", "checkout", "payment", "cart", "billing", "ledger", "unheard-of", None)
_GRAPH = topology()


_lengths = st.none() | st.integers(1, 600)
_slow = st.none() | st.sampled_from((300, 600))
"""How long the alerts of a sender last that evaluates every five minutes."""


@st.composite
def _alerts(draw: st.DrawFn, lengths: st.SearchStrategy[int | None] = _lengths) -> AlertState:
    start = draw(st.integers(0, 1200))
    name = draw(st.sampled_from(("HighErrorRate", "NoRequests", "KubePodNotReady")))
    lasts = draw(lengths)
    status = "firing" if lasts is None else "resolved"
    return alert_state(
        alert(draw(st.sampled_from(_SERVICES)), name, start=start, status=status, end=start + (lasts or 0))
    )


stories = st.lists(_alerts(), max_size=12, unique_by=lambda alert: alert.key)
slow_stories = st.lists(_alerts(_slow), max_size=12, unique_by=lambda alert: alert.key)


def _candidates(index: Index) -> list[tuple[AlertKey, ...]]:
    groups = [group for together in index.together() for group in index.groups(together[0])]
    by_start = sorted(groups, key=lambda group: (group.onset, group.first))
    return [tuple(placed.alert.key for placed in group.placed) for group in by_start]


def _at_once(alerts: Sequence[AlertState]) -> list[tuple[AlertKey, ...]]:
    return _candidates(index_of(alerts, _GRAPH, Settings().correlation))


@given(story=stories | slow_stories, data=st.data())
@settings(max_examples=80)
def test_any_order_gives_the_candidates_of_everything_at_once(
    story: list[AlertState], data: st.DataObject
) -> None:
    """Each alert, and later its end, comes when it comes, and somebody looks in between."""
    index = Index(_GRAPH, Settings().correlation)
    steps = [(alert, False) for alert in story] + [
        (alert, True) for alert in story if alert.ended_at is not None
    ]
    for one, ended in data.draw(st.permutations(steps)):
        if one.key not in index.alerts:
            index.insert(one, one.ended_at if ended else None)
        elif ended and one.ended_at is not None:
            index.end(one.key, one.ended_at)
        _candidates(index)
    assert _at_once(story) == _candidates(index)


def _after_forgetting(story: list[AlertState], data: st.DataObject) -> tuple[Index, list[AlertState]]:
    """An index that has forgotten any part of the alerts, and the rest of them."""
    gone = data.draw(st.sets(st.sampled_from([one.key for one in story]))) if story else set()
    index = index_of(story, _GRAPH, Settings().correlation)
    index.drop(gone)
    return index, [one for one in story if one.key not in gone]


@given(story=stories, data=st.data())
@settings(max_examples=60)
def test_what_is_dropped_has_never_been(story: list[AlertState], data: st.DataObject) -> None:
    """Any part of the alerts may be forgotten: the rest is what it would be alone."""
    index, rest = _after_forgetting(story, data)
    assert _at_once(rest) == _candidates(index)


def test_after_forgetting_a_restart_sees_a_sender_as_before() -> None:
    """Four alerts of five minutes taught how often it evaluates; that is forgotten with them."""
    taught = [
        alert_state(alert("payment", start=9 * n, status="resolved", end=9 * n + 300)) for n in range(4)
    ]
    rest = [alert_state(alert("unheard-of", start=1200))]
    index = index_of([*taught, *rest], _GRAPH, Settings().correlation)
    before = _lives(index)
    index.drop({one.key for one in taught})
    assert _lives(index_of(rest, _GRAPH, Settings().correlation, plan=index.plan())) == _lives(index)
    assert not set(before) & set(_lives(index))


@given(story=slow_stories, data=st.data())
@settings(max_examples=80)
def test_after_forgetting_a_restart_changes_nothing(story: list[AlertState], data: st.DataObject) -> None:
    """An index of the rest, made by what a snapshot keeps, should see the same candidates with the same life."""
    index, rest = _after_forgetting(story, data)
    restarted = index_of(rest, _GRAPH, Settings().correlation, plan=index.plan())
    assert _lives(restarted) == _lives(index)


def _lives(index: Index) -> list[Life]:
    return [group.life for together in index.together() for group in index.groups(together[0])]


def _together(index: Index, alerts: Sequence[AlertState]) -> list[tuple[AlertKey, ...]]:
    """Adds alerts, those too that the index knows already, as another copy of a log tells them."""
    for one in alerts:
        if one.key not in index.alerts:
            index.insert(one, one.ended_at)
        elif one.ended_at is not None:
            index.end(one.key, one.ended_at)
    return _candidates(index)


@given(story=stories | slow_stories, data=st.data())
@settings(max_examples=60)
def test_two_sets_merge_the_same_either_way_round(story: list[AlertState], data: st.DataObject) -> None:
    """They may share alerts, and both were looked at alone: either after the other is the candidates of their union."""
    sides = data.draw(
        st.lists(st.sampled_from(("one", "other", "both")), min_size=len(story), max_size=len(story))
    )
    one, other = (
        [alert for alert, side in zip(story, sides, strict=True) if side in (name, "both")]
        for name in ("one", "other")
    )
    ways = []
    for first, second in ((one, other), (other, one)):
        index = Index(_GRAPH, Settings().correlation)
        assert _at_once(first) == _together(index, first)
        ways.append(_together(index, second))
        assert ways[-1] == _together(index, first)
    assert [_at_once(story)] * len(ways) == ways


@given(story=stories)
@settings(max_examples=60)
def test_every_alert_is_in_exactly_one_candidate(story: list[AlertState]) -> None:
    """None is lost, none is told twice, and those of a candidate stand by start."""
    found = _at_once(story)
    assert sorted(one.key for one in story) == sorted(key for keys in found for key in keys)
    assert all(sorted(keys) == list(keys) for keys in found)


def _ties(index: Index) -> dict[AlertKey, Link]:
    groups = [group for together in index.together() for group in index.groups(together[0])]
    return {
        one.alert.key: tie for group in groups for one, tie in zip(group.placed, group.links(), strict=True)
    }


@given(story=stories | slow_stories)
@settings(max_examples=60)
def test_ties_are_those_of_everything_at_once(story: list[AlertState]) -> None:
    """They are told before each end comes, as with each revision, and an end changes but those that it has to."""
    index = Index(_GRAPH, Settings().correlation)
    for one in story:
        index.insert(one, None)
    for one in story:
        _ties(index)
        if one.ended_at is not None:
            index.end(one.key, one.ended_at)
    assert _ties(index_of(story, _GRAPH, Settings().correlation)) == _ties(index)


def test_what_moved_is_told_once() -> None:
    """Whoever asks learns of every alert that was placed anew, and then of none."""
    index = index_of([alert_state(alert("payment", start=0))], _GRAPH, Settings().correlation)
    late = alert_state(alert("checkout", start=-30))
    assert set(index.alerts) == index.taken_moved()
    assert set() == index.taken_moved()
    index.insert(late, None)
    assert set(index.alerts) == index.taken_moved()
