"""The verifier finds nothing where nothing is wrong, and each loss, repeat or edit that is planted in the evidence."""

import pytest

from tests.chaos.calm import Calm, calm
from tests.chaos.plants import PLANTS, Plant, planted
from tests.chaos.verifier import verify


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


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.name}: {plant.told}")
def test_what_is_planted_in_the_evidence_is_found(plant: Plant, evidence: Calm) -> None:
    """One loss, repeat or edit in what was left behind should make the verifier fail, and say so."""
    found = verify(evidence.wanted, planted(plant, evidence.seen), evidence.keys)
    assert any(plant.told in problem for problem in found), found
