"""What is on the move is asked for again, within a bound; every other error is told at once."""

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException

from wire import moving
from wire.moving import when_settled


def _answering(*codes: int) -> tuple[Callable[[], str], list[int]]:
    """A question that meets the errors in turn, then is answered; and the errors that are still to come."""
    left = list(codes)

    def question() -> str:
        if left:
            raise KafkaException(KafkaError(left.pop(0)))
        return "settled"

    return question, left


def test_a_leader_and_a_coordinator_that_are_being_chosen_are_waited_for() -> None:
    """A broker that has just started should be asked until it has taken up its partitions and its groups."""
    question, left = _answering(
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError._NOENT,  # noqa: SLF001 - published name
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
    )
    assert ("settled", []) == (when_settled(question), left)


def test_an_error_that_waiting_does_not_mend_is_told_at_once() -> None:
    """The question should not be asked again."""
    question, left = _answering(KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.NOT_COORDINATOR)
    with pytest.raises(KafkaException) as told:
        when_settled(question)
    assert KafkaError.UNKNOWN_TOPIC_OR_PART == told.value.args[0].code()
    assert [KafkaError.NOT_COORDINATOR] == left


def test_what_stays_on_the_move_is_told_after_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition that never gets a leader should be no wait without end."""
    monkeypatch.setattr(moving, "WAIT_S", 0.0)
    question, left = _answering(*[KafkaError.NOT_LEADER_FOR_PARTITION] * 1000)
    with pytest.raises(KafkaException) as told:
        when_settled(question)
    assert KafkaError.NOT_LEADER_FOR_PARTITION == told.value.args[0].code()
    assert len(left) > 900
