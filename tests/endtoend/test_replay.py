"""`incidents replay`: the same export in one process, through Kafka, and in another order."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.endtoend.whole import EXAMPLE, Whole

RECORDINGS = (
    "itbench-1",
    "itbench-2",
    "nezha-2022-08-22",
    "nezha-2023-01-29",
    "nezha-overlay",
    "petshop-high",
    "petshop-low",
)


def _replay(recording: Path, to: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.start", "replay", str(recording), "--export", str(to), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _through_kafka(whole: Whole, *options: str) -> tuple[str, ...]:
    return ("--through", "kafka", "--home", str(whole.home), *options)


def test_the_example_gives_the_same_bytes_in_one_process_through_kafka_and_shuffled(
    whole: Whole, tmp_path: Path
) -> None:
    """Three ways, one export: each delivery keeps the time at which it was received."""
    ways: dict[str, tuple[str, ...]] = {
        "process": (),
        "kafka": _through_kafka(whole),
        "shuffled": _through_kafka(whole, "--shuffle", "7"),
    }
    for way, options in ways.items():
        ended = _replay(EXAMPLE, tmp_path / way, *options)
        assert ended.returncode == 0, ended.stderr
    exports = {way: (tmp_path / way).read_bytes() for way in ways}
    assert exports["process"].count(b"\n") == 2
    assert exports["process"] == exports["kafka"] == exports["shuffled"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recording_of_real_data_gives_the_same_bytes_both_ways(
    recording: str, whole: Whole, shared_folder: Path, tmp_path: Path
) -> None:
    """In one process, and through Kafka in the recorded and in another order."""
    folder = shared_folder / "evaluation" / "dev" / recording
    seed = str(RECORDINGS.index(recording))
    ways = {
        "process": (),
        "kafka": _through_kafka(whole),
        "shuffled": _through_kafka(whole, "--shuffle", seed),
    }
    for way, options in ways.items():
        ended = _replay(folder, tmp_path / way, *options)
        assert ended.returncode == 0, ended.stderr
    exports = [(tmp_path / way).read_bytes() for way in ways]
    assert exports[0] == exports[1]
    assert exports[0] == exports[2]


def test_a_corrupt_line_stops_the_replay_and_is_named(tmp_path: Path) -> None:
    """The file and the number of the line should be in the one line of the error, and nothing be written."""
    lines = (EXAMPLE / "events.jsonl").read_text().splitlines()
    lines[4] = lines[4][:50]
    broken = tmp_path / "events.jsonl"
    broken.write_text("\n".join(lines))
    ended = _replay(broken, tmp_path / "export.jsonl")
    assert ended.returncode == 1
    assert f"{broken}, line 5" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "export.jsonl").exists()


def test_a_tenant_that_is_no_replay_is_refused(tmp_path: Path) -> None:
    """A replay may never write into a live tenant."""
    ended = _replay(EXAMPLE, tmp_path / "export.jsonl", "--tenant", "default")
    assert ended.returncode == 2
    assert "is no replay tenant" in ended.stderr
