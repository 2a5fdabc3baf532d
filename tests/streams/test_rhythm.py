"""How often a sender evaluates its rules, learned from how long its alerts last."""

from schemas.times import SECOND
from streams.rhythm import USUAL, Rhythms


def _period(*lasted: int) -> float:
    rhythms = Rhythms()
    for number, seconds in enumerate(lasted):
        rhythms.add("slow", number, seconds * SECOND)
    return rhythms.period("slow", len(lasted))


def test_lengths_that_are_multiples_of_five_minutes_tell_of_five_minutes() -> None:
    """Four are enough, three are not."""
    assert (300.0, USUAL) == (_period(300, 600, 300, 300), _period(300, 600, 300))


def test_one_length_in_five_may_be_odd_and_no_more() -> None:
    """Someone may have silenced an alert."""
    assert (300.0, USUAL) == (_period(300, 300, 300, 300, 77), _period(300, 300, 300, 77, 77))


def test_the_first_alerts_of_a_sender_are_seen_by_the_rhythm_of_the_first_that_end() -> None:
    """Else the first incident of a slow sender would fall to pieces."""
    rhythms = Rhythms()
    for number in range(4):
        rhythms.add("slow", (600 + number) * SECOND, 300 * SECOND)
    assert (300.0, 300.0) == (rhythms.period("slow", 0), rhythms.at_first("slow"))
