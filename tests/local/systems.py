"""Owns starting a whole local system of stand-ins in another process, for the tests of how it ends."""

import os
import subprocess
import sys
from pathlib import Path

from local.home import Home
from local.status import Status, read_status
from tests.facts import eventually

_ROOT = Path(__file__).resolve().parent.parent.parent


def owner_command(folder: Path) -> list[str]:
    """The command that brings up a system in `folder` and stays."""
    return [sys.executable, "-m", "tests.local.owner", str(folder)]


def start_owner(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Run that command in the background."""
    return subprocess.Popen(
        owner_command(folder),
        cwd=_ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_owner(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run that command to its end."""
    return subprocess.run(
        owner_command(folder),
        cwd=_ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def when_healthy(home: Home) -> Status:
    """The status once everything runs and answers."""

    def healthy() -> Status | None:
        status = read_status(home)
        return status if status.healthy else None

    return eventually(healthy, 60, f"the system in {home.folder} is up and healthy")


def pids(status: Status) -> list[int]:
    """The ids of the processes that run."""
    return [each.pid for each in status.processes if each.pid is not None]
