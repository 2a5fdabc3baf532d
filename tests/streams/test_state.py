"""What is known of one alert, one change, one entry, merged from all notifications of it in any order."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Literal, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Alert, ChangeStatus
from schemas.signals import Signal, Span
from schemas.times import SECOND
from streams.state import (
    AlertState,
    ChangeState,
    EntityState,
    Ref,
    alert_of,
    change_of,
    ref_of,
    settle_time,
)
from tests.streams.world import alert, at, change, entity

LATENESS, FUTURE = 120 * SECOND, 60 * SECOND


def _signal(received: float, offset: int = 0, notified: float | None = None) -> Signal:
    return Signal(
        kind="alert",
        tenant="t",
        environment="production",
        ingested_at=at(received),
        notified_at=at(received if notified is None else notified),
        last_ingested_at=at(received),
        spans=(Span(topic="alerts", partition=0, first=offset, last=offset),),
        content_hash=f"{offset:064d}",
    )


def _state(facts: Alert, received: float, offset: int = 0) -> AlertState:
    return alert_of(_signal(received, offset), facts, lateness=LATENESS, future=FUTURE)


def _firing(received: float, offset: int = 0) -> AlertState:
    return _state(alert("payment", start=0), received, offset)


def _resolved(received: float, offset: int = 1) -> AlertState:
    return _state(alert("payment", start=0, status="resolved"), received, offset)


def _report(status: ChangeStatus, received: float, offset: int = 0) -> ChangeState:
    facts = change("deploy", "payment", when=received).model_copy(update={"status": status})
    return change_of(_signal(received, offset), facts, LATENESS)


def test_an_alert_is_known_by_its_published_start_and_its_fingerprint() -> None:
    """The same fingerprint with another start is another alert."""
    assert (at(0), alert("payment", start=0).fingerprint) == _firing(5).key


def test_a_firing_alert_then_its_resolution_is_one_resolved_alert() -> None:
    """It says what the firing notification said, and how it ended by the other one."""
    state = _firing(5)
    assert state.absorb(_resolved(65))
    assert (False, "firing", at(60)) == (state.firing, state.facts.status, state.ended_at)


def test_a_resolution_that_comes_before_its_alert_is_not_forgotten() -> None:
    """Whatever came first, the same is known in the end."""
    early, late = _resolved(65), _firing(70)
    early.absorb(late)
    other = _firing(70)
    other.absorb(_resolved(65))
    assert (early, False) == (other, early.firing)


def test_an_alert_that_arrives_only_once_resolved_is_cited_by_that_notification() -> None:
    """There is no other."""
    state = _resolved(65)
    assert (state.ref, state.resolved) == (state.resolved, state.ref)


def test_a_resolution_without_an_end_ends_when_it_came() -> None:
    """The ingest time is the best that is known."""
    facts = alert("payment", start=0, status="resolved").model_copy(update={"ends_at": None})
    assert at(65) == _state(facts, 65).ended_at


def test_the_earliest_firing_notification_is_the_one_to_cite() -> None:
    """By ingest time, then by position."""
    state = _firing(20, 7)
    state.absorb(_firing(5, 9))
    assert (at(5), 9) == (state.ref.ingested_at, state.ref.offset)


def test_a_start_up_to_the_tolerance_ahead_is_kept() -> None:
    """Clocks differ: exactly 60 s ahead of the ingest time is still believed."""
    assert at(60) == _state(alert("payment", start=60), 0).at


def test_a_start_in_the_future_counts_as_its_ingest_time_and_is_flagged() -> None:
    """One microsecond past the tolerance; the published start stays its identity."""
    state = _state(alert("payment", start=60.000001), 0)
    assert (at(0), at(60.000001)) == (state.at, state.key[0])
    assert "start_in_future" in state.notes


def test_a_signal_settles_its_lateness_after_it_was_notified() -> None:
    """Not after it started, and not after it was folded."""
    assert at(0) + LATENESS == settle_time(_signal(30, notified=0), LATENESS)


def test_a_signal_that_is_later_than_the_lateness_settles_as_it_comes() -> None:
    """It cannot settle before it is there."""
    assert at(200) == settle_time(_signal(200, notified=0), LATENESS)


def test_a_repeat_changes_nothing_but_the_count() -> None:
    """So it is not worth a revision."""
    state = _firing(5)
    assert not state.absorb(_firing(65, 3))
    assert at(65) == state.last_at


def test_notifications_are_counted_by_the_interval_in_which_they_came() -> None:
    """The count is for the audit, which says how many were folded."""
    state = _firing(5)
    state.add_count(2, at(60))
    state.add_count(1, at(60))
    state.add_count(4, at(120))
    assert (7, 6, {at(60): 3, at(120): 4}) == (state.count, state.repeats, state.cells)


def test_an_alert_that_was_never_counted_has_no_repeats() -> None:
    """Not minus one."""
    assert 0 == _firing(5).repeats


def test_a_change_takes_effect_by_its_success_whatever_came_first() -> None:
    """Started, succeeded, and a failure reported after it: the success counts."""
    state = _report("started", 0)
    assert state.absorb(_report("succeeded", 60))
    assert not state.absorb(_report("failed", 90))
    assert (True, at(60)) == (state.suspectable, state.facts.effective_at)


def test_a_failed_change_is_not_suspectable() -> None:
    """Nor one that has only started."""
    assert [False, False] == [_report("failed", 0).suspectable, _report("started", 0).suspectable]


def test_of_two_equal_reports_of_a_change_the_earlier_counts() -> None:
    """GitHub may say success twice."""
    state = _report("succeeded", 60)
    assert state.absorb(_report("succeeded", 0))
    assert not state.absorb(_report("succeeded", 30))
    assert at(0) == state.facts.effective_at


def test_the_newest_version_of_an_entry_counts() -> None:
    """By ingest time; an older one that comes later changes nothing."""
    old = EntityState(entity("payment", owner="old"), Ref(at(0), "catalog", 0, 0, ""))
    new = EntityState(entity("payment", owner="new"), Ref(at(9), "catalog", 0, 1, ""))
    state = deepcopy(old)
    assert [True, False] == [state.absorb(new), state.absorb(old)]
    assert "new" == state.facts.owner


def test_a_signal_is_where_its_first_notification_is() -> None:
    """That is the original to cite."""
    assert Ref(at(3), "alerts", 0, 8, f"{8:064d}") == ref_of(_signal(3, 8))


@st.composite
def _notifications(draw: st.DrawFn) -> list[AlertState]:
    def one(offset: int) -> AlertState:
        status = draw(st.sampled_from(("firing", "resolved")))
        facts = alert("payment", start=100, status=status)
        ended = draw(st.one_of(st.none(), st.integers(100, 900)))
        if status == "resolved":
            facts = facts.model_copy(update={"ends_at": at(ended) if ended else None})
        return _state(facts, draw(st.integers(0, 1000)), offset)

    return [one(offset) for offset in range(draw(st.integers(1, 6)))]


State = TypeVar("State", AlertState, ChangeState)


def _absorbed(states: Sequence[State]) -> State:
    first = deepcopy(states[0])
    for state in states[1:]:
        first.absorb(deepcopy(state))
    return first


@given(states=_notifications(), data=st.data())
def test_the_order_of_notifications_does_not_matter(states: list[AlertState], data: st.DataObject) -> None:
    """Any permutation, with repeats, ends in the same state."""
    shuffled = data.draw(st.permutations([*states, *data.draw(st.lists(st.sampled_from(states)))]))
    assert _absorbed(states) == _absorbed(shuffled)


@given(
    reports=st.lists(
        st.tuples(st.sampled_from(("started", "succeeded", "failed", "unknown")), st.integers(0, 99)),
        min_size=1,
        max_size=6,
    ),
    data=st.data(),
)
def test_the_order_of_reports_does_not_matter(
    reports: list[tuple[ChangeStatus, int]], data: st.DataObject
) -> None:
    """Which report of a change counts is a matter of the reports alone."""
    states = [_report(status, received, offset) for offset, (status, received) in enumerate(reports)]
    assert _absorbed(states) == _absorbed(data.draw(st.permutations(states)))


_TOLD = st.tuples(
    st.sampled_from(["firing", "resolved"]),
    st.integers(-100, 400),
    st.sampled_from([None, 30, 60]),
    st.integers(0, 9),
    st.sampled_from([(), ("shortened",)]),
    st.integers(0, 200),
)
"""Status, seconds at which it came, the end that it states, its offset, notes, and how much later than notified."""


@given(told=st.lists(_TOLD, min_size=2, max_size=5))
def test_what_is_heard_as_nothing_new_changes_nothing_but_the_latest_time(
    told: list[tuple[Literal["firing", "resolved"], int, int | None, int, tuple[str, ...], int]],
) -> None:
    """Whatever came before: what the short way leaves out, the long way would not have done either."""
    heard: AlertState | None = None
    for status, received, end, offset, notes, late in told:
        ends_at = None if end is None or status == "firing" else at(end)
        facts = alert("payment", start=0, status=status).model_copy(update={"ends_at": ends_at})
        signal = _signal(received, offset, received - late).model_copy(update={"notes": notes})
        state = alert_of(signal, facts, lateness=LATENESS, future=FUTURE)
        if heard is None:
            heard = state
            continue
        known = deepcopy(heard)
        known.last_at = max(known.last_at, state.last_at)
        is_nothing_new = heard.hears_nothing_new(signal, facts, lateness=LATENESS, future=FUTURE)
        assert not heard.absorb(state) or not is_nothing_new
        assert heard == known or not is_nothing_new


def test_a_storm_of_repeats_is_heard_as_nothing_new() -> None:
    """Firing again, and the same end again; not another end, nor a firing report of what had ended."""
    firing, ended = _firing(5, 0), _firing(5, 0)
    ended.absorb(_resolved(70, 1))
    stands, is_over = alert("payment", start=0), alert("payment", start=0, status="resolved")
    later = is_over.model_copy(update={"ends_at": at(65)})

    def nothing_new(known: AlertState, facts: Alert) -> bool:
        return known.hears_nothing_new(_signal(90, 2), facts, lateness=LATENESS, future=FUTURE)

    assert [nothing_new(firing, stands), nothing_new(ended, is_over)] == [True, True]
    assert [nothing_new(ended, stands), nothing_new(firing, is_over), nothing_new(ended, later)] == [
        False
    ] * 3
