"""`incidents replay --compare`: what other settings would change, for people and for programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_EXAMPLE = Path(__file__).parents[2] / "examples" / "checkout"
_SCORER = """
import argparse, json, pathlib
p = argparse.ArgumentParser()
for name in ("--truth", "--export", "--json"):
    p.add_argument(name, type=pathlib.Path)
a = p.parse_args()
lines = a.export.read_text().splitlines()
a.json.write_text(json.dumps({"found": {"candidates": len(lines)}, "rate": {"value": None, "hits": 0, "of": 0}}))
"""


def _replay(*options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.start", "replay", str(_EXAMPLE), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(name="apart")
def _apart(tmp_path: Path) -> Path:
    """Settings with which no two alerts belong together."""
    file = tmp_path / "new.toml"
    file.write_text("[correlation]\nbase = -10.0\n")
    return file


def test_it_says_that_nothing_would_change() -> None:
    """And ends with 0, whatever is asked of the exit code."""
    ended = _replay("--compare", "--exit-code")
    assert (0, "nothing would change: 2 candidates, as before\n") == (ended.returncode, ended.stdout)


def test_it_tells_what_would_be_split_with_scores_side_by_side(apart: Path, tmp_path: Path) -> None:
    """By the scorer that is named; the exit code tells a script; the export is of what would be."""
    (tmp_path / "score.py").write_text(_SCORER)
    (tmp_path / "truth.json").write_text("{}")
    told = ("--truth", tmp_path / "truth.json", "--scorer", tmp_path / "score.py")
    ended = _replay(
        "--compare", "--settings", apart, "--exit-code", *told, "--export", tmp_path / "new.jsonl"
    )
    assert 3 == ended.returncode, ended.stderr
    after = len((tmp_path / "new.jsonl").read_text().splitlines())
    assert f"2 candidates before, {after} after: {after - 2} pages more" in ended.stdout
    assert "WOULD BE SPLIT" in ended.stdout
    assert f"found.candidates{'2.000':>38}{f'{after}.000':>10}{f'+{after - 2}.000':>10}" in ended.stdout
    assert all(len(line) <= 80 for line in ended.stdout.splitlines())


def test_programs_get_the_same_as_json(apart: Path) -> None:
    """One document, with the pages saved; no exit code unless asked."""
    ended = _replay("--compare", "--settings", apart, "--json")
    assert 0 == ended.returncode, ended.stderr
    told = json.loads(ended.stdout)
    assert (2, told["pages_after"] - 2) == (told["pages_before"], -told["pages_saved"])
    assert told["split"]
    assert {} == told["scores"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "name a file with --export"),
        (("--export", "x", "--json"), 2, "belong to --compare"),
        (("--compare", "--through", "kafka"), 2, "leave --through kafka out"),
        (("--compare", "--truth", __file__), 1, "there is no scorer"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(options: tuple[str, ...], code: int, said: str) -> None:
    """What to do instead."""
    ended = _replay(*options)
    assert (code, 1) == (
        ended.returncode,
        len([line for line in ended.stderr.splitlines() if "error" in line]),
    )
    assert said in ended.stderr
