"""Owns the command `python -m tests.chaos`, which is `make chaos`: which scenarios, from which seed, how large.

Exit code 0 where the verifier finds nothing, 1 where it does. May not: judge.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.status import Status
from rich.table import Table

from tests.chaos import bad_input
from tests.chaos.campaign import Outcome, Tell, run
from tests.chaos.scenarios import SCENARIOS, SHORT

_SCENARIOS: Final = {one.name: one for one in (*SCENARIOS, SHORT)}
_EVERYTHING: Final = (*(one.name for one in SCENARIOS), bad_input.NAME)
_NAMES: Final = (*_EVERYTHING, SHORT.name)
_TOLD_S: Final = 30.0
"""Pause between two lines of progress where there is no terminal."""
_WIDTH: Final = 190
"""Columns where there is no terminal."""
_SHOWN: Final = 10
"""Problems of one scenario that are printed."""
Result = Outcome | bad_input.Findings


def main(words: Sequence[str] | None = None) -> int:
    """Run what was asked for, and print a table; the exit code."""
    asked = _asked(words)
    console = Console(stderr=True)
    if asked.list:
        _list()
        return 0
    results = [_one(name, asked, console) for name in asked.scenarios]
    _show(results, asked)
    return 1 if any(result.problems for result in results) else 0


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "make chaos", description="Faults on a whole system, judged by a verifier."
    )
    parser.add_argument("scenarios", nargs="*", type=_name, default=_EVERYTHING, metavar="SCENARIO")
    parser.add_argument("--seed", type=int, default=6, help="the same seed gives the same load and faults")
    parser.add_argument(
        "--size", type=int, help="deliveries, or bad records, of each scenario in place of its own"
    )
    parser.add_argument("--keep", type=Path, help="an empty folder to leave logs, topics and tables in")
    parser.add_argument("--json", type=Path, help="write the results there, too")
    parser.add_argument("--list", action="store_true", help="say which scenarios there are")
    return parser.parse_args(words)


def _name(text: str) -> str:
    if text not in _NAMES:
        raise argparse.ArgumentTypeError(f"there is no scenario {text}; there are {', '.join(_NAMES)}")
    return text


def _list() -> None:
    for one in _SCENARIOS.values():
        faults = ", ".join(f"{times} {fault.__name__}" for fault, times in one.faults)
        sys.stdout.write(f"{one.name:10} {one.what}: {one.deliveries:,} deliveries, {faults}\n")
    sys.stdout.write(f"{bad_input.NAME:10} mutated records among good ones: {bad_input.NUMBER:,} of them\n")


def _one(name: str, asked: argparse.Namespace, console: Console) -> Result:
    folder = asked.keep / name if asked.keep else Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    with console.status(name) as status:
        result = _run(name, asked, folder, _teller(name, console, status))
    console.print(f"{name}: {result.row['result']}", highlight=False)
    for problem in result.problems[:_SHOWN]:
        console.print(f"  {problem}", highlight=False, markup=False)
    if result.problems:
        console.print(f"  logs, topics and tables are left in {folder}", highlight=False)
    elif asked.keep is None:
        shutil.rmtree(folder)
    return result


def _run(name: str, asked: argparse.Namespace, folder: Path, tell: Tell) -> Result:
    if name == bad_input.NAME:
        return bad_input.run(asked.seed, asked.size or bad_input.NUMBER, folder, tell)
    scenario = _SCENARIOS[name]
    return run(scenario.of_size(asked.size) if asked.size else scenario, asked.seed, folder, tell)


def _teller(name: str, console: Console, status: Status) -> Tell:
    """Shows progress: at once on a terminal, now and then elsewhere."""
    told_at = 0.0

    def tell(text: str) -> None:
        nonlocal told_at
        status.update(f"{name}: {text}")
        if not console.is_terminal and time.monotonic() > told_at + _TOLD_S:
            told_at = time.monotonic()
            console.print(f"{name}: {text}", highlight=False)

    return tell


def _show(results: Sequence[Result], asked: argparse.Namespace) -> None:
    rows = [result.row for result in results]
    table = Table(title=f"seed {asked.seed}", title_justify="left")
    for name, value in rows[0].items():
        table.add_column(name, justify="right" if isinstance(value, int) else "left")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else value for value in row.values()))
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=2), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
