"""How good the judgement is: no score falls, and none hangs on what anything is called."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.replay import in_process, steps_of
from schemas.settings import Settings
from tests.endtoend.renaming import rename

_BEST = Path(__file__).parents[2] / "docs" / "quality_best.json"
_MAY_FALL = 0.02
_RENAMED = ("itbench-1", "nezha-2022-08-22", "petshop-low")
"""A recording of each kind, the cheapest with every sender of that kind."""


def _scores(evaluation: Path, truth: Path, written: bytes, scratch: Path) -> dict[str, Any]:
    export, found = scratch / "export.jsonl", scratch / "scores.json"
    export.write_bytes(written)
    command = [sys.executable, evaluation / "score.py", "--truth", truth, "--export", export, "--json", found]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    scores: dict[str, Any] = json.loads(found.read_text())
    return scores


def _leading(scores: Mapping[str, Any]) -> dict[str, float]:
    found = {
        "f1": scores["clustering"]["pairwise_f1"],
        "apart": 1 - scores["clustering"]["over_merge_rate"],
        "culprit": scores["culprit"]["all"]["top1"]["value"],
        "culprit_top3": scores["culprit"]["all"]["top3"]["value"],
        "root": scores["root_service_top1"]["value"],
        "owner": scores["owner"]["value"],
        "action": scores["action_match"]["value"],
    }
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("recording", sorted(json.loads(_BEST.read_text())))
def test_no_score_falls_below_the_best_committed(recording: str, shared_folder: Path, tmp_path: Path) -> None:
    """By more than 0.02, on any recording. What is better should be committed as the best."""
    folder = shared_folder / "evaluation" / "dev" / recording
    written = _replayed(folder)
    scores = _leading(_scores(shared_folder / "evaluation", folder / "truth.json", written, tmp_path))
    best: dict[str, float] = json.loads(_BEST.read_text())[recording]
    assert {} == {name: scores[name] for name, least in best.items() if scores[name] < least - _MAY_FALL}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("recording", _RENAMED)
def test_names_do_not_matter(recording: str, shared_folder: Path, tmp_path: Path) -> None:
    """Every service, system, namespace, team, flag, parameter and machine renamed: the scores are equal."""
    evaluation = shared_folder / "evaluation"
    folder, renamed = evaluation / "dev" / recording, tmp_path / "renamed"
    rename(folder, renamed)
    before, after = (
        _scores(evaluation, one / "truth.json", _replayed(one), tmp_path) for one in (folder, renamed)
    )
    assert before == after


def _replayed(recording: Path) -> bytes:
    return in_process(steps_of(recording), "replay-quality", Settings())
