"""Owns the project's processes that a test starts and ends from outside: none outlives its test.

Goes to: the tests of processes, through `started`.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def started(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python module as a process, its standard error piped; it is killed at the end of the block."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, cwd=_ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str], name: str, deadline_s: float = 60) -> tuple[int, list[str]]:
    """The exit code once it has ended by itself, and the lines on standard error that begin with `name`."""
    _, text = process.communicate(timeout=deadline_s)
    return process.returncode, [line for line in text.splitlines() if line.startswith(f"{name}:")]
