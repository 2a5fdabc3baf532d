"""The words of real incidents: over every packet of every recording, no sentence stands without a statement."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.inprocess import InProcess
from cli.replay import steps_of
from schemas.packets import Packet
from schemas.settings import Settings
from tests.streams.wording import wrong_words

_DEMO = Path(__file__).parents[2] / "examples" / "checkout"


def _packets(recording: Path) -> Iterator[Packet]:
    outputs = InProcess("replay-words", Settings(), "test").run(steps_of(recording))
    return (output.message for output in outputs if isinstance(output.message, Packet))


def _wrong(recording: Path) -> list[str]:
    return [f"{recording.name}: {wrong}" for packet in _packets(recording) for wrong in wrong_words(packet)]


def test_the_words_of_the_demo_rest_on_its_statements() -> None:
    """Every revision."""
    assert [] == _wrong(_DEMO)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("recording", ["itbench-1", "nezha-2022-08-22", "petshop-low"])
def test_the_words_of_real_incidents_rest_on_their_statements(recording: str, shared_folder: Path) -> None:
    """Every revision of every candidate, a recording of each kind."""
    assert [] == _wrong(shared_folder / "evaluation" / "dev" / recording)
