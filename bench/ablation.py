"""Owns the ablation: each part of the judgement set to nothing in turn, and what the scores are without it.

`python -m bench.ablation FOLDER [RECORDING ...]` prints a line for each part; `--as-of 120` prints instead how
right the answer on each incident was so many seconds after its first alert was shown. The product never sees the truth:
it says here at which moment to look, and the scorer judges.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bench.early import early
from cli.build import build
from cli.inprocess import InProcess
from cli.replay import Step, in_process, steps_of
from schemas.settings import REPLAY_PREFIX, Settings
from streams.export import export

_NEVER: Final = 1e12
"""Seconds, or a price, that nothing reaches."""
PARTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "(all)": {},
    "time apart": {"correlation": {"apart": 0.0}},
    "common source": {"correlation": {"common_source": (0.0, 0.0)}},
    "unknown service": {"correlation": {"unknown_service": 0.0}},
    "other system": {"correlation": {"other_system": 0.0}},
    "still firing": {"correlation": {"still_firing": 0.0}},
    "same name": {"correlation": {"same_name": 0.0}},
    "words": {"correlation": {"words": 0.0}},
    "workloads": {"correlation": {"workloads": 0.0, "workload_and_service": 0.0}},
    "quiet gap": {"correlation": {"quiet": 0.0}},
    "local rate": {"correlation": {"rate": 0.0}},
    "splitting": {"correlation": {"split_price": _NEVER}},
    "starts in splitting": {"correlation": {"split_apart": 0.0, "split_before": 0.0}},
    "ends in splitting": {"correlation": {"split_ends": 0.0}},
    "strangers in splitting": {"correlation": {"split_price_stranger": 0.0}},
    "pause in splitting": {"correlation": {"split_pause": 0.0}},
    "changes in splitting": {"correlation": {"split_change": 0.0, "split_price_changed": 0.0}},
    "prior by kind": {"ranking": {"prior": {}, "minor": {}}},
    "place": {"ranking": {"place": (1.0,) * 6}},
    "lag": {"ranking": {"at_once": 1.0, "after_onset": 1.0, "long_after_onset": 1.0, "late_power": 0.0}},
    "sharpness": {"ranking": {"sharpness": 1.0}},
    "undoing": {"ranking": {"returned": 1.0, "superseded": 1.0, "cleared": 1.0, "outlived": 1.0}},
    "quiet": {"ranking": {"quiet": 1.0, "quiet_firing": 1.0}},
    "what followed before": {"ranking": {"followed": 0.0}},
    "what still fires": {"correlation": {"split_price_firing": 0.4}, "ranking": {"quiet_firing": 0.6}},
    "root by direction": {"correlation": {"root_falloff": 0.0}},
    "root by onset": {"correlation": {"root_half_life_s": _NEVER}},
    "silent root": {"correlation": {"root_silent": 1.0}},
}
"""Parts of the judgement, and the settings with which each says nothing."""


@dataclass(frozen=True)
class Score:
    """What of a recording's scores an ablation looks at."""

    f1: float
    over_merge: float
    culprit: float
    root: float
    owner: float

    @classmethod
    def of(cls, scores: Mapping[str, Any]) -> "Score":
        """From what the scorer writes."""
        return cls(
            scores["clustering"]["pairwise_f1"],
            scores["clustering"]["over_merge_rate"],
            scores["culprit"]["all"]["top1"]["value"] or 0.0,
            scores["root_service_top1"]["value"] or 0.0,
            scores["owner"]["value"] or 0.0,
        )

    def __str__(self) -> str:
        """In the order of the fields, short."""
        return f"{self.f1:.2f} {self.over_merge:.2f} {self.culprit:.2f} {self.root:.2f} {self.owner:.2f}"


def main(
    recordings: Annotated[Path, typer.Argument(help="Folder of recordings.", exists=True)],
    only: Annotated[list[str] | None, typer.Argument(help="Some of them; by default all.")] = None,
    as_of: Annotated[
        float | None, typer.Option("--as-of", help="Seconds after an incident's first alert.")
    ] = None,
) -> None:
    """Print F1, over-merge, culprit, root and owner of each recording, without each part in turn."""
    names = only or sorted(path.parent.name for path in recordings.glob("*/events.jsonl"))
    steps = {name: steps_of(recordings / name) for name in names}
    typer.echo(f"{'':22}" + "".join(f"{name:28}" for name in names))
    if as_of is not None:
        shares = (_shares(recordings / name, steps[name], as_of) for name in names)
        typer.echo(f"{f'after {as_of:.0f} s':22}" + "".join(f"{share:28}" for share in shares))
        return
    for part, changed in PARTS.items():
        scores = (_score(recordings / name, steps[name], settings_without(changed)) for name in names)
        typer.echo(f"{part:22}" + "".join(f"{score!s:28}" for score in scores))


def settings_without(changed: Mapping[str, Any]) -> Settings:
    """The settings with a part set to nothing; read as a settings file is."""
    known = Settings().model_dump()
    return Settings.model_validate(
        {**known, **{name: {**known[name], **group} for name, group in changed.items()}}
    )


def _score(recording: Path, steps: list[Step], settings: Settings) -> Score:
    written = in_process(steps, f"{REPLAY_PREFIX}ablation", settings)
    return Score.of(_judged(recording, recording / "truth.json", written))


def _shares(recording: Path, steps: list[Step], as_of: float) -> str:
    """Shares of incidents whose culprit, root and owner were right by then."""
    incidents = {one["id"]: one for one in json.loads((recording / "truth.json").read_text())["incidents"]}
    run, hits = InProcess(f"{REPLAY_PREFIX}ablation", Settings(), build()), Counter[str]()
    for name, candidates in early(run, steps, incidents, as_of):
        with tempfile.TemporaryDirectory() as scratch:
            alone = Path(scratch, "truth.json")
            alone.write_text(json.dumps({"incidents": [incidents[name]], "background_alerts": []}))
            scores = _judged(recording, alone, export(candidates))
        for what, share in (
            ("culprit", scores["culprit"]["all"]["top1"]),
            ("root", scores["root_service_top1"]),
            ("owner", scores["owner"]),
        ):
            hits[what] += share["hits"]
            hits[f"{what}s"] += share["of"]
    return " ".join(f"{hits[what] / hits[f'{what}s']:.2f}" for what in ("culprit", "root", "owner"))


def _judged(recording: Path, truth: Path, written: bytes) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        said, found = Path(scratch, "export.jsonl"), Path(scratch, "scores.json")
        said.write_bytes(written)
        scorer = [recording.parent.parent / "score.py", "--truth", truth]
        command = [sys.executable, *map(str, scorer), "--export", str(said), "--json", str(found)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - named by the user
        scores: dict[str, Any] = json.loads(found.read_text())
        return scores


if __name__ == "__main__":
    typer.run(main)
