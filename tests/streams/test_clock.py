"""How far time has come: the minimum over all inputs, unset until each has spoken, never back."""

from schemas.signals import LIVE_CLOCK, Mark
from schemas.times import SECOND
from streams.clock import Clocks, clock_of
from tests.streams.world import at

LAYOUT = {"alerts": 2, "flags": 1}
TOLERANCE = 30 * SECOND


def _mark(topic: str, partition: int, seconds: float | None, **other: float) -> Mark:
    clocks = {name.replace("_", "-"): at(time) for name, time in other.items()}
    live = {} if seconds is None else {LIVE_CLOCK: at(seconds)}
    return Mark(topic=topic, partition=partition, next_offset=0, clocks={**live, **clocks}, layout=LAYOUT)


def _told(*marks: Mark) -> Clocks:
    clocks = Clocks()
    for mark in marks:
        clocks.take(mark)
    return clocks


def _all_at(seconds: float) -> tuple[Mark, ...]:
    return (_mark("alerts", 0, seconds), _mark("alerts", 1, seconds), _mark("flags", 0, seconds))


def test_a_clock_is_unset_until_every_input_has_spoken() -> None:
    """One silent partition may hold something that belongs before."""
    assert None is _told(_mark("alerts", 0, 9), _mark("alerts", 1, 9)).now("default")


def test_a_clock_shows_the_slowest_input() -> None:
    """Nothing settles before all have come so far."""
    clocks = _told(_mark("alerts", 0, 9), _mark("alerts", 1, 5), _mark("flags", 0, 7))
    assert at(5) == clocks.now("default")


def test_a_clock_never_goes_back() -> None:
    """An older mark of an input, after a restart of the router, changes nothing."""
    clocks = _told(*_all_at(9))
    assert [] == clocks.take(_mark("flags", 0, 3))
    assert at(9) == clocks.now("default")


def test_a_mark_names_the_clocks_that_it_moved() -> None:
    """Only the last of the inputs lets time go on."""
    clocks = _told(*_all_at(1))
    assert [] == clocks.take(_mark("alerts", 0, 5))
    assert [] == clocks.take(_mark("alerts", 1, 5))
    assert [LIVE_CLOCK] == clocks.take(_mark("flags", 0, 3))
    assert at(3) == clocks.now("default")


def test_a_mark_without_a_time_moves_nothing() -> None:
    """A batch without a tick says how far it came, not when."""
    assert [] == _told(*_all_at(1)).take(_mark("flags", 0, None))


def test_a_new_partition_holds_the_clock_until_it_speaks() -> None:
    """The list of inputs is in the log, and only grows."""
    clocks = _told(*_all_at(1))
    wider = {"alerts": 2, "flags": 2}
    clocks.take(_mark("flags", 0, 9).model_copy(update={"layout": wider}))
    for topic, partition in (("alerts", 0), ("alerts", 1)):
        clocks.take(_mark(topic, partition, 9))
    assert at(1) == clocks.now("default")
    assert [LIVE_CLOCK] == clocks.take(_mark("flags", 1, 8))


def test_a_mark_with_an_older_layout_takes_no_partition_away() -> None:
    """Two routers may know different lists for a while."""
    clocks = _told(*_all_at(1))
    clocks.take(_mark("flags", 0, 2).model_copy(update={"layout": {"flags": 1}}))
    assert LAYOUT == clocks.layout


def test_a_replay_lives_by_its_own_clock() -> None:
    """Recorded time and ours do not touch each other."""
    clocks = _told(*_all_at(1000))
    for topic, partition in (("alerts", 0), ("alerts", 1), ("flags", 0)):
        clocks.take(_mark(topic, partition, None, replay_a=5))
    assert (at(5), at(1000)) == (clocks.now("replay-a"), clocks.now("default"))
    assert None is clocks.now("replay-b")


def test_live_tenants_share_a_clock_and_replays_do_not() -> None:
    """By the name alone."""
    assert (LIVE_CLOCK, LIVE_CLOCK, "replay-a") == (
        clock_of("default"),
        clock_of("shop"),
        clock_of("replay-a"),
    )


def test_an_input_exactly_at_the_tolerance_is_not_behind() -> None:
    """Thirty seconds are allowed."""
    clocks = _told(_mark("alerts", 0, 40), _mark("alerts", 1, 10), _mark("flags", 0, 40))
    assert [] == clocks.behind("default", TOLERANCE)


def test_an_input_past_the_tolerance_is_named_with_its_lag() -> None:
    """By the newest of all inputs."""
    clocks = _told(_mark("alerts", 0, 40.000001), _mark("alerts", 1, 10), _mark("flags", 0, 40))
    assert [(("alerts", 1), TOLERANCE + 1)] == clocks.behind("default", TOLERANCE)


def test_an_input_that_never_spoke_is_not_called_behind() -> None:
    """How far it is cannot be said; the clock waits for it."""
    assert [] == _told(_mark("alerts", 0, 100)).behind("default", TOLERANCE)


def test_no_input_of_a_replay_is_behind() -> None:
    """Its ticks jump over the pauses of the recording; an input whose tick is on its way does not lag."""
    clocks = _told()
    for topic, partition, seconds in (("alerts", 0, 100), ("alerts", 1, 10), ("flags", 0, 10)):
        clocks.take(_mark(topic, partition, None, replay_a=seconds))
    assert [] == clocks.behind("replay-a", TOLERANCE)
