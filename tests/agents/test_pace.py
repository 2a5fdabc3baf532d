"""How fast is asked: so many at once, then by the minute."""

import threading

from agents.pace import Pace


def test_a_burst_is_let_through_and_then_one_by_one() -> None:
    """At 60 a minute the fourth of a burst of three waits a second, and a minute of rest fills the bucket, no more."""
    pace = Pace(60, 3)
    at = pace._seen  # noqa: SLF001 - the moment at which it began
    assert [0.0, 0.0, 0.0] == [pace.pause(at) for _ in range(3)]
    assert 1.0 == pace.pause(at)
    assert 0.0 == pace.pause(at + 1)
    assert [0.0, 0.0, 0.0] == [pace.pause(at + 100) for _ in range(3)]
    assert pace.pause(at + 100) > 0


def test_who_is_told_to_stop_does_not_wait() -> None:
    """And does not ask."""
    stop, pace = threading.Event(), Pace(1, 1)
    assert pace.wait(stop)
    stop.set()
    assert not pace.wait(stop)
