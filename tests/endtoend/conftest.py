"""Owns the whole system for tests: started by the command itself, with its broker, processes and tables."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endtoend.whole import Whole
from tests.facts import eventually

_UP_S = 120.0


@pytest.fixture(scope="package")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Everything up, as `incidents up` brings it up; stopped by SIGTERM afterwards, which must end it with 0."""
    folder = tmp_path_factory.mktemp("whole")
    home = folder / "home"
    command = [
        sys.executable,
        "-m",
        "cli.start",
        "up",
        "--home",
        str(home),
        "--port",
        "0",
        "--page-port",
        "0",
    ]
    with (folder / "up.log").open("wb") as log:
        up = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        eventually(lambda: _is_up(home), _UP_S, f"the system is up ({(folder / 'up.log')})")
        yield Whole(home)
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(60) in {0, 130}


def _is_up(home: Path) -> bool:
    asked = [sys.executable, "-m", "cli.start", "status", "--home", str(home), "--json"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return bool(json.loads(told or "{}").get("healthy"))
