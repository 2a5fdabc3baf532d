"""Which source positions have been applied: each counts once, whatever is sent again and however it is cut."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.signals import Span
from streams.cursors import Applied, Cursors


def _span(first: int, last: int, topic: str = "alerts", partition: int = 0) -> Span:
    return Span(topic=topic, partition=partition, first=first, last=last)


def test_a_position_counts_once() -> None:
    """The router is at-least-once."""
    applied = Applied()
    assert [1, 0] == [applied.add(5, 5), applied.add(5, 5)]


def test_of_a_run_only_what_is_new_counts() -> None:
    """Positions 3 to 7 after 5 to 9: two new ones."""
    applied = Applied()
    assert [5, 2] == [applied.add(5, 9), applied.add(3, 7)]
    assert [(3, 9)] == applied.runs


def test_a_run_that_closes_a_hole_joins_both_sides() -> None:
    """What is kept stays small."""
    applied = Applied()
    assert [2, 2, 3] == [applied.add(0, 1), applied.add(5, 6), applied.add(2, 4)]
    assert [(0, 6)] == applied.runs


def test_a_run_next_to_another_joins_it() -> None:
    """Neighbours without a hole are one run."""
    applied = Applied()
    assert [1, 1] == [applied.add(4, 4), applied.add(5, 5)]
    assert [(4, 5)] == applied.runs


def test_everything_below_low_water_counts_as_applied() -> None:
    """A mark says that all before it was written, and so was folded."""
    applied = Applied()
    applied.raise_low(10)
    assert [0, 2] == [applied.add(3, 9), applied.add(8, 11)]


def test_low_water_never_goes_back() -> None:
    """A mark of a router that was slower says nothing new."""
    applied = Applied()
    applied.raise_low(10)
    applied.raise_low(4)
    assert (10, 0) == (applied.low, applied.add(5, 5))


def test_low_water_forgets_the_runs_below_it() -> None:
    """And cuts the one that it stands in."""
    applied = Applied(runs=[(0, 3), (5, 9), (12, 13)])
    applied.raise_low(7)
    assert [(7, 9), (12, 13)] == applied.runs


def test_a_signal_of_many_positions_counts_those_not_yet_applied() -> None:
    """Folded repeats are several runs of one partition."""
    cursors = Cursors()
    assert 3 == cursors.apply((_span(0, 1), _span(5, 5)))
    assert 1 == cursors.apply((_span(1, 2), _span(5, 5)))


def test_partitions_and_topics_are_apart() -> None:
    """The same offset elsewhere is another record."""
    cursors = Cursors()
    assert [1, 1, 1] == [
        cursors.apply((_span(0, 0),)),
        cursors.apply((_span(0, 0, partition=1),)),
        cursors.apply((_span(0, 0, topic="flags"),)),
    ]


def test_a_mark_moves_its_own_partition_alone() -> None:
    """The others have their own low water."""
    cursors = Cursors()
    cursors.mark("alerts", 0, 10)
    assert [0, 1] == [cursors.apply((_span(3, 3),)), cursors.apply((_span(3, 3, partition=1),))]


_run = st.tuples(st.integers(0, 40), st.integers(0, 8)).map(lambda pair: ("add", pair[0], sum(pair)))
_low = st.integers(0, 40).map(lambda offset: ("low", offset, offset))


@given(st.lists(_run | _low, max_size=30))
def test_runs_and_low_water_say_what_a_plain_set_says(steps: list[tuple[str, int, int]]) -> None:
    """The compact form is only a form: a set of all applied positions counts the same."""
    applied, known = Applied(), set[int]()
    for what, first, last in steps:
        if what == "low":
            applied.raise_low(first)
            known |= set(range(first))
        else:
            new = set(range(first, last + 1)) - known
            assert len(new) == applied.add(first, last)
            known |= new
    assert known == set(range(applied.low)) | {n for a, b in applied.runs for n in range(a, b + 1)}


@given(st.lists(_run | _low, max_size=30))
def test_runs_stay_in_order_apart_and_above_low_water(steps: list[tuple[str, int, int]]) -> None:
    """What the search relies on."""
    applied = Applied()
    for what, first, last in steps:
        if what == "low":
            applied.raise_low(first)
        else:
            applied.add(first, last)
        edges = [edge for run in applied.runs for edge in run]
        assert edges == sorted(edges)
        assert all(b + 1 < c for (_, b), (c, _) in zip(applied.runs, applied.runs[1:], strict=False))
        assert all(first >= applied.low for first, _ in applied.runs)
