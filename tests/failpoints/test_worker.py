"""The worker at each of its steps: killed, failing and delayed there, it loses no alert and counts none twice."""

import time
from collections import Counter
from pathlib import Path

import pytest

from schemas.audit import DeadLetter
from schemas.codec import decode
from schemas.events import Alert
from schemas.packets import Candidate
from schemas.settings import Settings
from tests.facts import eventually
from tests.failpoints.running import Stage
from tests.failpoints.steps import CORRELATOR, FAULTS, ROUTER, Step
from tests.schemas.examples import example
from tests.sinks.published import send
from wire.follow import following

_STEPS = [*ROUTER, *CORRELATOR]
_PATIENCE_S = 40.0


@pytest.mark.parametrize("step", _STEPS, ids=lambda step: step.name.replace(" ", "-"))
def test_a_fault_at_any_step_of_a_worker_loses_nothing_and_counts_nothing_twice(
    step: Step, configured: Settings, folder: Path
) -> None:
    """After a kill, an error and a delay at the step, each with an alert and a bad record of its own in hand.

    Each alert should be a member of one candidate with no repeat, each bad record one dead letter, and no revision
    should have been told with two contents.
    """
    stage = Stage("worker", configured, folder)
    marks = [f"worker-{_STEPS.index(step)}-{fault}" for fault in FAULTS]
    for fault, mark in zip(FAULTS, marks, strict=True):
        send(configured.kafka.bootstrap, [("alerts", _alert(mark)), ("alerts", b"bad " + mark.encode())])
        with stage.faulty(step, fault, mark.encode()):
            if fault == FAULTS[-1]:
                eventually(lambda: _come_through(configured, marks), _PATIENCE_S, f"{marks} came through")


def _alert(mark: str) -> Alert:
    """An alert that belongs to nothing else."""
    one = example("alerts")
    assert isinstance(one, Alert)
    facts = {
        "fingerprint": mark,
        "source_ref": f"alertmanager:{mark}",
        "name": mark,
        "service": mark,
        "namespace": mark,
        "references": (),
        "starts_at": time.time_ns() // 1_000,
        "original": "",
    }
    return one.model_copy(update=facts)


def _come_through(settings: Settings, marks: list[str]) -> bool:
    candidates = _candidates(settings)
    latest = {one.candidate_id: one for one in candidates}.values()
    members = Counter(member.fingerprint for one in latest for member in one.members)
    letters = {letter.letter_id: letter.original for letter in _letters(settings)}
    refused = Counter(letters.values())
    assert set(members.values()) <= {1}, "an alert stands in two candidates"
    assert {one.repeats for one in latest} <= {0}, "an alert was counted twice"
    assert set(refused.values()) <= {1}, "a bad record has two dead letters"
    assert _contents_of_revisions(candidates) <= {1}, "a revision was told with two contents"
    return set(marks) <= members.keys() and {f"bad {mark}".encode() for mark in marks} <= refused.keys()


def _contents_of_revisions(candidates: list[Candidate]) -> set[int]:
    contents: dict[str, set[str]] = {}
    for one in candidates:
        contents.setdefault(one.revision.revision_id, set()).add(one.model_dump_json())
    return {len(told) for told in contents.values()}


def _candidates(settings: Settings) -> list[Candidate]:
    with following(settings.kafka.bootstrap, "incident-candidates") as follower:
        messages = [decode("incident-candidates", value) for value in follower.rest()]
    return [message for message in messages if isinstance(message, Candidate)]


def _letters(settings: Settings) -> list[DeadLetter]:
    with following(settings.kafka.bootstrap, "dead-letters") as follower:
        messages = [decode("dead-letters", value) for value in follower.rest()]
    return [message for message in messages if isinstance(message, DeadLetter)]
