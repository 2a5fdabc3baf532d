"""Owns quick questions to clustering: each recording is replayed once, then clustered under other settings.

`python -m bench.clusters FOLDER` prints F1, over-merge and background joined without each part in turn; with
`--left-out` the splitting is tuned on all suites but one, step by step from plain settings, and scored on that one.
May not: see the truth; only the scorer beside the folder reads it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Annotated, Any, Final, NamedTuple

import typer

from bench.ablation import PARTS
from cli.build import build
from cli.inprocess import InProcess
from cli.replay import steps_of
from schemas.settings import REPLAY_PREFIX, Settings
from schemas.thresholds import CorrelationSettings
from schemas.times import format_time
from sources.recording import Delivery
from streams.correlate import index_of
from streams.memory import Memory
from streams.origins import Origins
from streams.topology import topology_of

_PLAIN: Final[Mapping[str, float]] = {
    "split_cap": 3.5,
    "split_apart": 0.75,
    "split_before": 1.0,
    "split_ends": 0.75,
    "split_price": 6.0,
    "split_price_each": 0.3,
    "split_price_stranger": 1.0,
    "split_price_changed": 0.7,
}
"""From where tuning begins: round numbers, before any was fitted."""
_STEPS: Final = (0.7, 1.4)
_LEAST: Final = 0.0005
"""What a step must gain."""
_OVER, _JOINED = 0.5, 0.1
"""What a share of over-merged candidates, and of background joined, counts beside F1."""


class Found(NamedTuple):
    """What clustering scored on one recording."""

    f1: float
    over_merge: float
    joined: float

    @property
    def worth(self) -> float:
        """One number to tune by."""
        return self.f1 - _OVER * self.over_merge - _JOINED * self.joined


@dataclass
class Recording:
    """One recording, folded: its alerts, changes and catalog."""

    folder: Path
    scorer: ModuleType
    run: InProcess = field(init=False)

    def __post_init__(self) -> None:
        """Replays it, without a tick but the last: what is known in the end is the same."""
        self.run = InProcess(f"{REPLAY_PREFIX}clusters", Settings(), build())
        steps = steps_of(self.folder)
        for _ in self.run.run([*(step for step in steps if isinstance(step, Delivery)), steps[-1]]):
            pass

    @property
    def suite(self) -> str:
        """Recordings of one suite begin with one word; two systems at once are a suite of their own."""
        name = self.folder.name
        return "overlay" if name.endswith("overlay") else name.partition("-")[0]

    def score(self, settings: CorrelationSettings) -> Found:
        """Makes the candidates of all that was folded."""
        candidates = [
            self.scorer.Candidate(
                str(number), "", [self.scorer.alert_key(one) for one in alerts], [], [], None, []
            )
            for number, alerts in enumerate(_candidates(self.run.memory, settings))
        ]
        found = self.scorer.clustering(self.scorer.read_truth(self.folder / "truth.json"), candidates)
        return Found(found["pairwise_f1"], found["over_merge_rate"], found["background_joined_rate"])


def _candidates(memory: Memory, settings: CorrelationSettings) -> Iterator[list[dict[str, str]]]:
    for scope in memory.scopes.values():
        tenant = memory.tenant(scope.tenant)
        graph = topology_of(tenant.entities, hops=settings.hops, hub_degree=settings.hub_degree)
        index = index_of(scope.alerts.values(), graph, settings, Origins((scope.book, tenant.book), graph))
        for together in index.together():
            for group in index.groups(together[0]):
                facts = [placed.alert.facts for placed in group.placed]
                yield [{"fingerprint": f.fingerprint, "starts_at": format_time(f.starts_at)} for f in facts]


def main(
    recordings: Annotated[Path, typer.Argument(help="Folder of recordings.", exists=True)],
    left_out: Annotated[  # noqa: FBT002 - typer's way to write a flag
        bool, typer.Option("--left-out", help="Tune without each suite in turn.")
    ] = False,
) -> None:
    """Print F1, over-merge and background joined of each recording, without each part or suite in turn."""
    scorer = _scorer(recordings.parent / "score.py")
    every = [Recording(path.parent, scorer) for path in sorted(recordings.glob("*/truth.json"))]
    typer.echo(f"{'':22}" + "".join(f"{one.folder.name:18}" for one in every))
    rows = _left_out(every) if left_out else _without()
    for title, settings in rows:
        scores = (one.score(settings) for one in every)
        typer.echo(
            f"{title:22}" + "".join(f"{s.f1:.2f} {s.over_merge:.2f} {s.joined:.2f}    " for s in scores)
        )


def _scorer(path: Path) -> ModuleType:
    spec = spec_from_file_location("incident_scorer", path)
    if spec is None or spec.loader is None:
        raise typer.BadParameter(f"no scorer at {path}")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _with(changed: Mapping[str, Any]) -> CorrelationSettings:
    return CorrelationSettings.model_validate({**Settings().correlation.model_dump(), **changed})


def _without() -> Iterator[tuple[str, CorrelationSettings]]:
    for part, changed in PARTS.items():
        if not changed or "correlation" in changed:
            yield part, _with(changed.get("correlation", {}))


def _left_out(every: Sequence[Recording]) -> Iterator[tuple[str, CorrelationSettings]]:
    yield "plain", _with(_PLAIN)
    for suite in sorted({one.suite for one in every}):
        yield f"without {suite}", _with(_tuned([one for one in every if one.suite != suite]))


def _worth(every: Sequence[Recording], changed: Mapping[str, float]) -> float:
    """Suites count alike."""
    settings = _with(changed)
    scores = [(one.suite, one.score(settings).worth) for one in every]
    return mean(mean(w for s, w in scores if s == suite) for suite in {suite for suite, _ in scores})


def _tuned(every: Sequence[Recording]) -> Mapping[str, float]:
    """One round over all settings, each made smaller and larger by a step while that is better."""
    best, known = _PLAIN, _worth(every, _PLAIN)
    for name, step in product(_PLAIN, _STEPS):
        while True:
            tried = {**best, name: round(best[name] * step, 3)}
            found = _worth(every, tried)
            if found <= known + _LEAST:
                break
            best, known = tried, found
    return best


if __name__ == "__main__":
    typer.run(main)
