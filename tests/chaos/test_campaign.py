"""The short form of `make chaos`: faults of every kind on a whole system, judged by the independent verifier.

What stands here in order happens in order: bad input first, since no process may end of it; then the faults; then what
is planted in the evidence that came through Kafka; last what is planted in Kafka and the tables themselves.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.bad_input import bombard
from tests.chaos.campaign import TENANT, Outcome, Recording, undergo
from tests.chaos.interference import Interference, copy_letter, cut_log, edit_row
from tests.chaos.plants import PLANTS, Plant, planted
from tests.chaos.scenarios import SHORT
from tests.chaos.seen import look
from tests.chaos.verifier import verify
from tests.endtoend.whole import Whole, running_whole

_SEED = 6
_BAD = 4_000

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A system with three workers."""
    with running_whole(tmp_path_factory.mktemp("chaos"), "--workers", str(SHORT.workers)) as system:
        yield system


@pytest.fixture(scope="module")
def outcome(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The faults, and what they left behind."""
    recording = Recording.of(SHORT, _SEED, tmp_path_factory.mktemp("recording") / "events.jsonl")
    return undergo(whole, recording, Outcome(SHORT, _SEED), print)


def test_no_process_ends_of_bad_input_and_each_record_becomes_what_it_has_to(
    whole: Whole, tmp_path: Path
) -> None:
    """Each bad record should be a dead letter with reason, place, hash and size, each good one a signal."""
    findings = bombard(whole, _SEED, _BAD, tmp_path, print)
    assert findings.problems == []
    assert findings.sent == _BAD
    assert findings.letters > _BAD // 2


def test_faults_of_every_kind_lose_nothing_and_do_nothing_twice(outcome: Outcome) -> None:
    """The verifier should find nothing, after every fault was done."""
    assert outcome.problems == []
    assert sum(times for _, times in SHORT.faults) == outcome.faults.total()
    assert outcome.wanted is not None
    assert len(outcome.wanted.candidates) == SHORT.alerts


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.name}: {plant.told}")
def test_what_is_planted_in_evidence_that_came_through_kafka_is_found(plant: Plant, outcome: Outcome) -> None:
    """One loss, repeat or edit in what was left behind should make the verifier fail, and say so."""
    assert outcome.wanted is not None
    assert outcome.seen is not None
    found = verify(outcome.wanted, planted(plant, outcome.seen), outcome.keys)
    assert any(plant.told in problem for problem in found), found


@pytest.mark.parametrize(
    ("interfere", "told"),
    [
        (edit_row, "the tables show other members"),
        (copy_letter, "dead letter"),
        (cut_log, "holes or repeats"),
    ],
    ids=["a row is edited", "a dead letter is written again", "the log's beginning is deleted"],
)
def test_what_somebody_does_to_tables_and_topics_is_found(
    interfere: Interference, told: str, whole: Whole, outcome: Outcome
) -> None:
    """An edit of a row, a repeat in a topic and a loss in the audit log should each be told in words."""
    assert outcome.wanted is not None
    interfere(whole)
    seen = look(whole.status.bootstrap, whole.home / "incidents.db", TENANT)
    found = verify(outcome.wanted, seen, outcome.keys)
    assert any(told in problem for problem in found), found
