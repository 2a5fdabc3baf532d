"""`incidents evaluate`: each recording of a folder is scored, by the scorer that is named, beside simple methods."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RECORDING = "petshop-low"


def evaluate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What the command does with a folder of recordings."""
    command = [sys.executable, "-m", "cli.start", "evaluate", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def dev(shared_folder: Path, tmp_path: Path) -> Path:
    """A folder with one real recording, the scorer and the simple methods beside it."""
    evaluation = shared_folder / "evaluation"
    shutil.copytree(evaluation / "dev" / RECORDING, tmp_path / "dev" / RECORDING)
    for program in ("score.py", "baselines.py"):
        shutil.copy(evaluation / program, tmp_path / program)
    return tmp_path / "dev"


def test_the_tables_of_the_scorer_are_printed_with_the_simple_methods_beside_them(dev: Path) -> None:
    """Both tables should be there without asking, and the exports be kept where that is wanted."""
    ended = evaluate(dev, "--exports", str(dev.parent / "exports"))
    assert ended.returncode == 0, ended.stderr
    assert "pairwise" in ended.stdout.lower()
    assert "gap120" in ended.stdout
    assert (dev.parent / "exports" / f"{RECORDING}.jsonl").stat().st_size > 0


def test_another_scorer_may_be_named(dev: Path) -> None:
    """It should be called as the one beside the folder is; without simple methods beside it that is said."""
    scorer = dev.parent / "elsewhere" / "mine.py"
    scorer.parent.mkdir()
    scorer.write_text("import sys\nprint('scored', sys.argv[1::2])\n")
    ended = evaluate(dev, "--scorer", str(scorer))
    assert (0, "scored ['--truth', '--export']\n") == (ended.returncode, ended.stdout)
    assert "no simple methods to compare with" in ended.stderr


def test_what_is_missing_is_said_in_one_line(dev: Path, tmp_path: Path) -> None:
    """No scorer, and no recording: one line that says what to do."""
    (tmp_path / "empty").mkdir()
    for folder, options, said in (
        (dev, ("--scorer", str(tmp_path / "none.py")), "name one with --scorer"),
        (tmp_path / "empty", (), "has no folder with an events.jsonl"),
    ):
        ended = evaluate(folder, *options)
        assert (1, 1) == (ended.returncode, len(ended.stderr.strip().splitlines()))
        assert said in ended.stderr
