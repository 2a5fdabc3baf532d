"""The bar of a replay: on a terminal it shows how far it is, elsewhere it leaves no trace."""

import os
import pty
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "checkout"


def _replay(to: Path) -> list[str]:
    return [sys.executable, "-m", "cli.start", "replay", str(EXAMPLE), "--export", str(to)]


def _read(descriptor: int) -> str:
    """All that was written to a terminal until its other side was closed."""
    said = b""
    while True:
        try:
            piece = os.read(descriptor, 65_536)
        except OSError:  # the terminal's way to say that nobody writes any more
            piece = b""
        if not piece:
            return said.decode("utf-8", "replace")
        said += piece


def test_a_terminal_shows_how_far_the_replay_is(tmp_path: Path) -> None:
    """Its name, a bar, and how many of all steps are done."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    command = _replay(tmp_path / "export.jsonl")
    replay = subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    said = _read(ours)
    os.close(ours)
    assert 0 == replay.wait(120)
    assert "checkout" in said
    assert "━" in said
    assert "/" in said


def test_elsewhere_only_the_result_is_told(tmp_path: Path) -> None:
    """A log should hold one line, without control characters."""
    ended = subprocess.run(
        _replay(tmp_path / "export.jsonl"), capture_output=True, text=True, check=True, timeout=120
    )
    assert [f"2 candidates written to {tmp_path}/export.jsonl"] == ended.stderr.split("\n")[:-1]
