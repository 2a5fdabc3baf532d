"""What does not fit into a record becomes a dead letter that says so: the worker neither stops nor loses it unseen."""

from agents import observing
from agents.correlator import encoded
from agents.progress import Batch, Record
from schemas.audit import DeadLetter
from schemas.codec import MAX_VALUE_BYTES, decode
from schemas.packets import Candidate
from streams.cause import Output
from tests.schemas.examples import example
from wire import meters


def _candidate(title: str) -> Output:
    candidate = example("incident-candidates")
    assert isinstance(candidate, Candidate)
    return Output("incident-candidates", "default/c-1", candidate.model_copy(update={"title": title}))


def _record() -> tuple[Batch, Record]:
    record = Record(7, 1_795_000_000_000, None, b"signal", ())
    return Batch("signals", 2, (record,), 7, 8, 1), record


def test_an_output_that_fits_is_sent_as_it_is() -> None:
    """Nothing should change for what has the usual size."""
    output = _candidate("payments failing")
    sent, value = encoded(output, *_record())
    assert sent == output
    assert decode("incident-candidates", value) == output.message


def test_an_output_over_the_limit_is_a_dead_letter_with_its_topic_and_the_place_of_its_cause() -> None:
    """The letter should name what could not be sent, why, and the signal that it came from."""
    sent, value = encoded(_candidate("x" * MAX_VALUE_BYTES), *_record())
    letter = decode("dead-letters", value)
    assert isinstance(letter, DeadLetter)
    assert ("dead-letters", "too_large") == (sent.topic, letter.reason)
    assert letter.detail.startswith("incident-candidates default/c-1: ")
    assert ("signals", 2, 7) == (letter.topic, letter.partition, letter.offset)


def test_each_counts_as_the_bound_that_it_reached() -> None:
    """Whoever watches the bounds should see it, and a letter of another reason should not be taken for one."""
    sent, _ = encoded(_candidate("x" * MAX_VALUE_BYTES), *_record())
    assert isinstance(sent.message, DeadLetter)
    before = _hits()
    observing.refused(sent.message)
    observing.refused(sent.message.model_copy(update={"reason": "wrong_value"}))
    assert before + 1 == _hits()


def _hits() -> float:
    told = meters.text().decode().splitlines()
    found = [line for line in told if line.startswith('incidents_limit_hits_total{limit="message_bytes"}')]
    return float(found[0].split()[-1]) if found else 0.0
