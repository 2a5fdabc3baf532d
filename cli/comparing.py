"""Owns how a comparison of two replays is told: as text of 80 columns or as JSON, with scores where there is a truth.

May not: see the truth; only the scorer reads it. Goes to: `incidents replay --compare`.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from cli.console import fail
from sinks.columns import plain, wrapped
from streams.compare import Comparison, Other, Regrouped

Scores = Mapping[str, tuple[float | None, float | None]]
"""Each score before and after; none where it does not apply."""


def scores_of(truth: Path, scorer: Path | None, before: bytes, after: bytes) -> Scores:
    """What the scorer says of two exports, number by number. Ends the command where it fails."""
    program = scorer or truth.absolute().parents[2] / "score.py"
    if not program.is_file():
        fail(f"there is no scorer at {program}; name one with --scorer")
    old, new = (dict(_numbers(_scored_bytes(program, truth, export))) for export in (before, after))
    return {name: (old.get(name), new.get(name)) for name in old | new}


def _scored_bytes(scorer: Path, truth: Path, export: bytes) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        exported = Path(scratch) / "export.jsonl"
        exported.write_bytes(export)
        return scored(scorer, truth, exported)


def scored(scorer: Path, truth: Path, exported: Path) -> dict[str, Any]:
    """What the scorer says of an export, or of a folder of them. Ends the command where it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        scores = Path(scratch) / "scores.json"
        command = [sys.executable, scorer, "--truth", truth, "--export", exported, "--json", scores]
        ended = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)  # noqa: S603 - named by the user
        if ended.returncode or not scores.is_file():
            said = ended.stderr.strip().splitlines() or ["it wrote no scores"]
            fail(f"{scorer} ended with code {ended.returncode}: {said[-1][:300]}")
        found: dict[str, Any] = orjson.loads(scores.read_bytes())
        return found


def _numbers(scores: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float | None]]:
    """The numbers of nested scores by their dotted names; of a rate its value."""
    for name, value in scores.items():
        if isinstance(value, dict) and "of" in value:
            yield prefix + name, value["value"]
        elif isinstance(value, dict):
            yield from _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            yield prefix + name, float(value)


def as_json(compared: Comparison, scores: Scores) -> Mapping[str, Any]:
    """The whole comparison, for JSON."""
    told = compared.model_dump() | {"pages_saved": compared.pages_saved}
    told["scores"] = {name: {"before": old, "after": new} for name, (old, new) in scores.items()}
    return told


def as_text(compared: Comparison, scores: Scores) -> str:
    """The same for people, ending in a line break."""
    lines = [_pages(compared)]
    lines += _section("WOULD BE SPLIT", (_regrouped(one, "into") for one in compared.split))
    lines += _section("WOULD BE MERGED", (_regrouped(one, "from") for one in compared.merged))
    lines += _section("WOULD SAY OTHERWISE", map(_other, compared.others))
    if scores:
        lines += ["", f"{'SCORES':<44}{'before':>10}{'after':>10}{'change':>10}"]
        lines += [_score(name, old, new) for name, (old, new) in scores.items()]
    return "\n".join(lines) + "\n"


def _pages(compared: Comparison) -> str:
    if compared.is_same:
        return f"nothing would change: {compared.pages_before} candidates, as before"
    saved = compared.pages_saved
    words = f"{abs(saved)} page{'s' if abs(saved) != 1 else ''} {'saved' if saved >= 0 else 'more'}"
    return f"{compared.pages_before} candidates before, {compared.pages_after} after: {words}"


def _section(title: str, told: Iterable[list[str]]) -> list[str]:
    lines = [line for one in told for line in one]
    return ["", title, *lines] if lines else []


def _regrouped(one: Regrouped, word: str) -> list[str]:
    parts = [f"{name} ({alerts})" for name, alerts in zip(one.others, one.alerts, strict=True)]
    return wrapped("  ", f"{one.candidate}  {plain(one.title, 100)} {word} {', '.join(parts)}", 4)


def _other(one: Other) -> list[str]:
    first = wrapped("  ", f"{one.candidate}  {plain(one.title, 100)}", 4)
    return [*first, *wrapped(f"    {one.what}: ", f"{plain(one.before, 120)} -> {plain(one.after, 120)}", 6)]


def _score(name: str, old: float | None, new: float | None) -> str:
    shown = [f"{'-' if value is None else f'{value:.3f}':>10}" for value in (old, new)]
    change = "" if old is None or new is None else f"{new - old:+.3f}"
    return f"{name[:43]:<44}{''.join(shown)}{change:>10}"
