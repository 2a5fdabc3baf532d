"""Owns `incidents evaluate`: every recording of a folder replayed, and scored by the scorer that comes with them.

May not: see the truth; only the scorer reads it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from agents.garbage import spare
from cli.comparing import scored
from cli.console import fail, progress, speaks_plainly
from cli.printing import print_json
from cli.replay import in_process, shown, steps_of
from cli.settings_file import load_settings
from schemas.settings import REPLAY_PREFIX, Settings

_FOLDER = typer.Argument(
    help="Folder of recordings, each with events.jsonl, catalog.yaml and truth.json.", exists=True
)
_SCORER = typer.Option("--scorer", help="The scorer; by default score.py beside the folder.")
_BASELINES = typer.Option(
    help="The simple methods of baselines.py beside the scorer, on the same recordings."
)
_EXPORTS = typer.Option("--exports", help="Keep the exports in this folder.")
_JSON = typer.Option("--json", help="Print the scorer's numbers as JSON, without the simple methods.")
_SETTINGS = typer.Option("--settings", help="Settings file (TOML).", exists=True)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Backtests")(speaks_plainly(evaluate))


def evaluate(
    recordings: Annotated[Path, _FOLDER],
    scorer: Annotated[Path | None, _SCORER] = None,
    exports: Annotated[Path | None, _EXPORTS] = None,
    settings: Annotated[Path | None, _SETTINGS] = None,
    *,
    baselines: Annotated[bool, _BASELINES] = True,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Replay every recording of a folder in this process, and print what the scorer says, beside simple methods."""
    wanted = load_settings(settings)
    scorer = scorer or recordings.parent / "score.py"
    if not scorer.is_file():
        fail(f"there is no scorer at {scorer}; name one with --scorer")
    found = sorted(path.parent for path in recordings.glob("*/events.jsonl"))
    if not found:
        fail(f"{recordings} has no folder with an events.jsonl")
    spare()
    with tempfile.TemporaryDirectory() as scratch:
        folder = exports or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for recording in found:
            _export(recording, folder, wanted)
        if as_json:
            print_json(scored(scorer, recordings, folder))
            return
        _run([scorer, "--truth", recordings, "--export", folder])
    if baselines:
        _compare(scorer.with_name("baselines.py"), recordings)


def _compare(simple: Path, recordings: Path) -> None:
    """The same tables for methods that anybody could write, without which a score says little."""
    if not simple.is_file():
        progress(f"no simple methods to compare with: there is no {simple}")
        return
    progress("the simple methods on the same recordings")
    _run([simple, "table", "--recordings", recordings])


def _export(recording: Path, folder: Path, settings: Settings) -> None:
    steps = shown(steps_of(recording), recording.name)
    written = in_process(steps, f"{REPLAY_PREFIX}evaluate", settings)
    (folder / f"{recording.name}.jsonl").write_bytes(written)


def _run(command: list[object]) -> None:
    """Runs a program of the recordings' own and shows what it prints."""
    ended = subprocess.run([sys.executable, *map(str, command)], check=False)  # noqa: S603 - named by the user
    if ended.returncode:
        fail(f"{command[0]} ended with code {ended.returncode}")
