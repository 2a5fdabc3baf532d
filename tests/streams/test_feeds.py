"""The rhythm of feeds: silent, late and ahead are said by what a feed itself has done before, and not too early."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.packets import Unknown
from schemas.times import DAY, HOUR
from streams.feeds import Feed, Feeds, dump_feeds, load_feeds, rhythm
from streams.snapshot import dump, load
from tests.streams.world import Sent, World, change, fires, last_packet, shop

_DAY_S = 86_400.0
_FEED = Feed("deploy", "service", "payment")


def _deploys(*days: float, service: str = "payment", delay: float = 0) -> tuple[Sent, ...]:
    """Deploys on these days of the story, each received so many seconds after it took effect."""
    return tuple(
        Sent(change("deploy", service, when=day * _DAY_S, service=service), day * _DAY_S + delay)
        for day in days
    )


def _said(*sent: Sent, code: str) -> list[Unknown]:
    return [unknown for unknown in last_packet(*sent).unknowns if unknown.code == code]


def _fires_on(day: float) -> Sent:
    return fires(start=day * _DAY_S)


def test_a_service_that_used_to_deploy_every_other_day_and_has_not_for_long_is_said() -> None:
    """With how long, and what is usual."""
    said = _said(*_deploys(0, 2, 4, 6, 8, 10), _fires_on(29), code="silent_deploy_feed")
    text = (
        "No deploy event from payment for 19 days; its usual rhythm is 2 days: the deploy feed may be silent."
    )
    assert text in [unknown.text for unknown in said]


@pytest.mark.parametrize(
    ("days", "day", "is_silent"),
    [
        ((0, 2, 4, 6, 8), 16, False),
        ((0, 2, 4, 6, 8), 16.01, True),
        ((0, 2, 4, 6), 60, False),
        ((0, 1, 2, 3, 10), 24, False),
        ((0, 1, 2, 3, 10), 24.01, True),
        ((0, 0.1, 0.2, 0.3, 0.4, 0.5), 60, False),
        ((0, 2, 4, 6, 8), 98, True),
        ((0, 2, 4, 6, 8), 98.01, False),
    ],
    ids=[
        "four usual gaps",
        "longer than four usual gaps",
        "four days are too little to know a rhythm",
        "twice the longest gap",
        "longer than twice the longest gap",
        "a burst is no rhythm",
        "quiet for 90 days",
        "given up",
    ],
)
def test_a_feed_is_silent_only_beyond_what_it_has_done_before(
    *, days: tuple[float, ...], day: float, is_silent: bool
) -> None:
    """Four times the usual gap and twice the longest, from five days on, up to ninety days."""
    assert is_silent == bool(_said(*_deploys(*days), _fires_on(day), code="silent_deploy_feed"))


def test_a_tool_that_reports_nothing_any_more_is_said_by_its_name() -> None:
    """However many services it reports of."""
    sent = [_deploys(day, service="payment" if day % 4 else "cart")[0] for day in (0, 2, 4, 6, 8)]
    said = _said(*sent, _fires_on(29), code="silent_deploy_feed")
    assert ["test"] == [unknown.subject for unknown in said]


def test_a_feed_that_has_reported_just_before_the_onset_is_not_silent() -> None:
    """Also where it reported again on that day, after the onset."""
    sent = (*_deploys(0, 2, 4, 6, 8, 40.1), _fires_on(40.2), *_deploys(40.3))
    assert [] == _said(*sent, code="silent_deploy_feed")


def test_a_report_that_comes_late_takes_back_that_the_feed_is_silent() -> None:
    """As if it had come in time: whatever the order of arrival, the last packet says the same."""
    late = Sent(change("deploy", "payment", when=28 * _DAY_S, service="payment"), 29 * _DAY_S + 5)
    assert [] == _said(*_deploys(0, 2, 4, 6, 8), _fires_on(29), late, code="silent_deploy_feed")


@pytest.mark.parametrize(("delay", "is_late"), [(299, False), (300, True)])
def test_a_tool_whose_reports_usually_come_late_is_said(*, delay: float, is_late: bool) -> None:
    """From five minutes on: what happened just before the onset may not be here yet."""
    said = _said(*_deploys(0, 1, 2, delay=delay), _fires_on(3), code="late_deploy_feed")
    assert is_late == (["test"] == [unknown.subject for unknown in said])


def test_one_report_that_came_late_says_nothing_of_its_tool() -> None:
    """The usual way counts."""
    sent = (*_deploys(0, 1), *_deploys(2, delay=4_000), _fires_on(3))
    assert [] == _said(*sent, code="late_deploy_feed")


@pytest.mark.parametrize(("ahead", "is_said"), [(2, False), (3, True)])
def test_a_clock_that_is_ahead_is_said(*, ahead: float, is_said: bool) -> None:
    """By what it dates in the future: a change, or an alert."""
    said = _said(*_deploys(0, delay=-ahead), _fires_on(1), code="clock_skew")
    assert is_said == (["test"] == [unknown.subject for unknown in said])
    of_alert = _said(Sent(fires(start=100 + ahead).message, 100), code="clock_skew")
    assert is_said == (["alertmanager"] == [unknown.subject for unknown in of_alert])


_REPORTS = st.lists(st.tuples(st.integers(0, 40 * DAY), st.integers(0, HOUR)), max_size=40)


@given(_REPORTS)
def test_what_is_learned_does_not_depend_on_the_order(reports: list[tuple[int, int]]) -> None:
    """Nor on repeats; and a snapshot keeps it."""
    one, other = Feeds(), Feeds()
    for effective_at, delay in reports:
        one.add(_FEED, effective_at, effective_at + delay)
    for effective_at, delay in [*reversed(reports), *reports]:
        other.add(_FEED, effective_at, effective_at + delay)
    assert dump_feeds(one) == dump_feeds(other) == dump_feeds(load_feeds(dump_feeds(one)))


def test_what_is_remembered_is_bounded() -> None:
    """Sixteen days, eight reports, two thousand feeds; the quietest go first."""
    feeds = Feeds()
    for day in range(100):
        feeds.add(_FEED, day * DAY, day * DAY)
    [held] = feeds.by_feed.values()
    assert (16, 8, 99 * DAY) == (len(held.days), len(held.came), held.last)
    for number in range(2_000):
        feeds.add(Feed("flag", "source", f"tool-{number}"), 200 * DAY + number, 200 * DAY)
    assert (2_000, 2_000) == (len(feeds.by_feed), len(feeds.tools))
    assert _FEED not in feeds.by_feed


def test_a_rhythm_counts_only_what_had_happened_by_then() -> None:
    """Later reports belong to later incidents."""
    feeds = Feeds()
    for day in (0, 2, 4, 9):
        feeds.add(_FEED, day * DAY, day * DAY)
    known = rhythm([feeds], _FEED, 5 * DAY)
    assert known is not None
    assert (3, 2 * DAY, 2 * DAY, 4 * DAY) == known
    assert rhythm([feeds], _FEED, 1 * DAY) is None


def test_a_fold_goes_on_from_its_snapshot_with_what_it_has_learned() -> None:
    """The rhythm is in it."""
    world = shop(*_deploys(0, 2, 4, 6, 8), ended=False)
    restored = World(memory=load(dump(world.memory)), topics=deepcopy(world.topics), log=[*world.log])
    for each in (world, restored):
        each.send([_fires_on(29)])
    assert world.packets()[-1] == restored.packets()[-1]
    assert "silent_deploy_feed" in restored.packets()[-1].candidate.unknowns


def test_a_report_is_as_much_news_to_a_fold_that_has_just_come_back() -> None:
    """The candidates that it may tell of are looked at after the same pause, though nothing else has come yet."""
    world = shop(_fires_on(29), ended=False)
    restored = World(memory=load(dump(world.memory)), topics=deepcopy(world.topics), log=[*world.log])
    for each in (world, restored):
        each.send(_deploys(29, service="ledger", delay=5))
    assert dump(world.memory) == dump(restored.memory)
