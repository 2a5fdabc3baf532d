"""The bookkeeping of the transport, without Kafka."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.progress import Batch, Discontinuity, Lease, Place, Progress

_PLACE: Place = ("alerts", 0)
_OTHER: Place = ("alerts", 1)


def _batch(progress: Progress, first: int, following: int, place: Place = _PLACE) -> Batch:
    return Batch(*place, (), first, following, progress.lease.epoch)


def _opened(**starts: int) -> Progress:
    progress = Progress()
    progress.open({_PLACE: starts.get("start", 0)}, progress.close())
    return progress


def test_nothing_assigned_nothing_may_be_fetched() -> None:
    """Before the first assignment no partition is free."""
    assert Lease(0, frozenset()) == Progress().lease


def test_a_batch_under_way_keeps_its_partition_busy() -> None:
    """From its arrival until its handler returns, nothing more should be fetched for the partition."""
    progress = _opened()
    batch = _batch(progress, 0, 5)
    assert {_PLACE} == progress.lease.free
    assert progress.take(batch)
    assert not progress.lease.free
    assert progress.begin(batch)
    assert not progress.lease.free
    progress.finish(batch)
    assert {_PLACE} == progress.lease.free


def test_only_a_finished_batch_may_be_committed() -> None:
    """Neither arrival nor the handler's start should make anything committable; its return should."""
    progress = _opened()
    batch = _batch(progress, 0, 5)
    progress.take(batch)
    progress.begin(batch)
    assert {} == progress.finished
    progress.finish(batch)
    assert {_PLACE: 5} == progress.finished


def test_a_failed_batch_is_not_committed_and_blocks_its_partition() -> None:
    """After a handler failed nothing behind its batch should be fetched."""
    progress = _opened()
    batch = _batch(progress, 0, 5)
    progress.take(batch)
    progress.begin(batch)
    progress.abandon(batch)
    assert ({}, frozenset(), True) == (progress.finished, progress.lease.free, progress.idle)


@pytest.mark.parametrize("first", [4, 6])
def test_a_batch_that_does_not_continue_where_the_last_ended_is_refused(first: int) -> None:
    """A position before or after the one that is due should raise, and name both."""
    progress = _opened(start=5)
    batch = _batch(progress, first, 9)
    progress.take(batch)
    with pytest.raises(Discontinuity, match=rf"alerts/0: fetched from {first} where 5 was due"):
        progress.begin(batch)


def test_a_batch_of_an_older_assignment_is_neither_taken_nor_begun() -> None:
    """What was fetched before a rebalance should count as not fetched, even if the partition came back."""
    progress = _opened()
    late, queued = _batch(progress, 0, 5), _batch(progress, 0, 5)
    progress.take(queued)
    progress.open({_PLACE: 0}, progress.close())
    assert (False, False) == (progress.take(late), progress.begin(queued))
    assert {_PLACE} == progress.lease.free


def test_a_batch_in_hand_when_the_assignment_ends_may_still_be_committed() -> None:
    """A rebalance waits for the handler; what it then finished should be committable."""
    progress = _opened()
    batch = _batch(progress, 0, 5)
    progress.take(batch)
    progress.begin(batch)
    progress.close()
    assert not progress.idle
    progress.finish(batch)
    assert ({_PLACE: 5}, frozenset(), True) == (progress.finished, progress.lease.free, progress.idle)


def test_an_assignment_that_ended_while_it_was_prepared_is_not_opened() -> None:
    """When another rebalance began during the seek, the stale starts should not let anything be fetched."""
    progress = Progress()
    stale = progress.close()
    progress.close()
    progress.open({_PLACE: 0}, stale)
    assert not progress.lease.free


def test_a_new_assignment_forgets_what_the_last_one_finished() -> None:
    """A commit from an earlier assignment should not be made again in a later one."""
    progress = _opened()
    batch = _batch(progress, 0, 5)
    progress.take(batch)
    progress.begin(batch)
    progress.finish(batch)
    progress.open({_PLACE: 0, _OTHER: 0}, progress.close())
    assert ({}, frozenset({_PLACE, _OTHER})) == (progress.finished, progress.assigned)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["finish", "fail", "rebalance", "drop"]))))
def test_whatever_happens_no_position_is_passed_over(steps: list[tuple[int, str]]) -> None:
    """Through failures, rebalances and drops, what is committed should be what was handled without a hole."""
    log: list[tuple[int, int]] = []
    progress, position, committed = _opened(), 0, 0
    for length, event in steps:
        batch = _batch(progress, position, position + length)
        if progress.take(batch) and event != "drop":
            progress.begin(batch)
            log += [(position, position + length)] if event == "finish" else []
            (progress.finish if event == "finish" else progress.abandon)(batch)
        committed = max(committed, *progress.finished.values(), 0)
        position += length
        if event != "finish":
            progress.open({_PLACE: committed}, progress.close())
            position = committed
    assert [end for _, end in log[:-1]] == [start for start, _ in log[1:]]
    assert committed == (log[-1][1] if log else 0)
