"""Where a target rests, and which changes go back there."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Operation
from streams.state import ChangeState
from streams.undoing import history_of, is_return
from tests.streams.pieces import change_state
from tests.streams.world import change

HOUR = 3600.0


def _set(when: float, before: str | None, after: str | None, operation: Operation = "unknown") -> ChangeState:
    made = change("flag", "express", when=when, service="payment", before=before, after=after)
    return change_state(made.model_copy(update={"operation": operation}))


def test_the_first_change_that_is_known_is_no_return() -> None:
    """Nothing is known of where the target was before."""
    assert not is_return(_set(0, "on", "off"), [])


def test_a_change_back_to_the_first_known_value_is_a_return() -> None:
    """Off for hours, on for a minute, off again."""
    assert is_return(_set(60, "on", "off"), [_set(0, "off", "on")])


def test_a_value_that_was_held_for_longer_becomes_where_it_rests() -> None:
    """Five hours on: turning it off is a change, and on again the return."""
    on, off = _set(0, "off", "on"), _set(5 * HOUR, "on", "off")
    assert not is_return(off, [on])
    assert is_return(_set(5 * HOUR + 60, "off", "on"), [on, off])


def test_deleting_what_was_created_is_a_return() -> None:
    """An object that was not there rests so; its contents need not be known."""
    created = _set(0, None, None, "create")
    assert is_return(_set(600, None, None, "delete"), [created])
    assert not is_return(created, [])


def test_a_change_whose_values_nobody_tells_is_no_return() -> None:
    """It may be anything."""
    assert not is_return(_set(60, None, None), [_set(0, "off", "on")])


def test_a_story_knows_what_came_before_and_the_next_alone() -> None:
    """In the order of effect, whatever the order given."""
    first, second, third, fourth = (_set(n, "off", "on") for n in range(4))
    story = history_of([fourth, third, second, first]).story(second)
    assert ((first,), third) == (story.before, story.following)


def test_what_did_not_take_effect_is_no_part_of_a_story() -> None:
    """A failed change replaced nothing."""
    first, second = _set(0, "off", "on"), _set(1, "on", "off")
    failed = replace(second, facts=second.facts.model_copy(update={"status": "failed"}))
    assert None is history_of([first, failed]).story(first).following


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.sampled_from("abc")), max_size=12))
def test_a_history_knows_of_each_change_what_those_before_it_tell(said: list[tuple[int, str, str]]) -> None:
    """All found in one go are what each is by itself, also where values were held for equally long."""
    history = history_of(_set(n * HOUR, before, after) for n, before, after in said)
    for number, one in enumerate(history.changes):
        assert history.story(one).is_return == is_return(one, history.changes[: history.before(one)]), number


def test_a_history_by_a_time_of_the_clock_has_what_has_settled() -> None:
    """A change that settles later did nothing yet, so that the one before it is followed by none."""
    first, second = (_set(n * HOUR, "off", "on") for n in range(2))
    history = history_of([first, second])
    assert history.settled(None).story(first).following is second
    assert history.settled(second.settle_at).story(first).following is second
    assert history.settled(second.settle_at - 1).story(first).following is None
