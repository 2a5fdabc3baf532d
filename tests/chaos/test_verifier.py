"""The verifier finds nothing where nothing is wrong, and each loss, repeat or edit that is planted in the evidence."""

import copy
from collections.abc import Callable

import pytest

from tests.chaos.calm import Calm, calm
from tests.chaos.seen import Seen
from tests.chaos.verifier import verify


def _lose_candidate(seen: Seen) -> None:
    gone = seen.candidates[-1]["candidate_id"]
    seen.candidates = [one for one in seen.candidates if one["candidate_id"] != gone]


def _lose_notification(seen: Seen) -> None:
    seen.candidates[-1]["repeats"] -= 1


def _lose_line(seen: Seen) -> None:
    next(iter(seen.lines.values())).pop(0)


def _lose_last_line(seen: Seen) -> None:
    next(iter(seen.lines.values())).pop()


def _lose_letter(seen: Seen) -> None:
    seen.letters.pop()


def _lose_row(seen: Seen) -> None:
    seen.shown.popitem()


def _repeat_line(seen: Seen) -> None:
    lines = next(iter(seen.lines.values()))
    lines.append(lines[0])


def _repeat_member(seen: Seen) -> None:
    one = seen.candidates[-1]
    one["members"] = [*one["members"], one["members"][0]]


def _repeat_letter(seen: Seen) -> None:
    seen.letters.append(seen.letters[0])


def _edit_entry(seen: Seen) -> None:
    line = next(iter(seen.lines.values()))[0]
    line["entry"] = line["entry"].replace(b"calm", b"palm")


def _edit_candidate(seen: Seen) -> None:
    seen.candidates[-1]["owner"] = "somebody"


def _edit_revision(seen: Seen) -> None:
    changed = copy.deepcopy(seen.candidates[0])
    changed["title"] = "another"
    seen.candidates.insert(0, changed)


def _edit_note(seen: Seen) -> None:
    one = next(iter(seen.checkpoints.values()))[-1]
    one["note"] = one["note"].replace("incidents/audit", "incidents/other", 1)


_LOSSES = (_lose_candidate, _lose_notification, _lose_line, _lose_last_line, _lose_letter, _lose_row)
_REPEATS = (_repeat_line, _repeat_member, _repeat_letter)
_EDITS = (_edit_entry, _edit_candidate, _edit_revision, _edit_note)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """What an undisturbed replay of a recording with junk in it leaves behind."""
    return calm(tmp_path_factory.mktemp("calm"), seed=20, number=300, alerts=40)


def test_nothing_is_found_where_nothing_is_wrong(evidence: Calm) -> None:
    """Every id that follows from the recording should be there, and nothing else."""
    assert verify(evidence.wanted, evidence.seen, evidence.keys) == []
    assert len(evidence.wanted.candidates) == 40
    assert evidence.wanted.junk
    assert evidence.seen.lines[0]


@pytest.mark.parametrize("plant", [*_LOSSES, *_REPEATS, *_EDITS], ids=lambda plant: plant.__name__)
def test_what_is_planted_in_the_evidence_is_found(plant: Callable[[Seen], None], evidence: Calm) -> None:
    """One loss, repeat or edit in what was left behind should make the verifier fail."""
    seen = copy.deepcopy(evidence.seen)
    plant(seen)
    assert verify(evidence.wanted, seen, evidence.keys) != []
