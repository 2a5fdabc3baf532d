"""The rules that keep clocks and chance out of the core bite where they should, and only there."""

import subprocess
import sys

import pytest

from tests.ci.scripts import CI

_CLOCKS_AND_CHANCE = (
    "import time\n\nNOW = time.time()\n",
    "from time import monotonic\n\nNOW = monotonic()\n",
    "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
    "import uuid\n\nNAME = uuid.uuid4()\n",
    "import random\n\nNUMBER = random.random()\n",
    "import os\n\nBYTES = os.urandom(8)\n",
)


def _codes(folder: str, source: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--output-format=concise", "--no-cache"]
    done = subprocess.run(
        [*command, "--select=TID251", f"--stdin-filename={CI.parent / folder / 'new_file.py'}", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=False,
        cwd=CI.parent,
    )
    return done.stdout


@pytest.mark.parametrize("folder", ["schemas", "streams", "a_folder_that_nobody_listed"])
@pytest.mark.parametrize("source", _CLOCKS_AND_CHANCE)
def test_the_core_may_not_read_a_clock_or_make_a_random_id(folder: str, source: str) -> None:
    """Every way to the clock or to chance should be refused, in new folders too until they are listed."""
    assert "TID251" in _codes(folder, source)


@pytest.mark.parametrize("folder", ["agents", "local", "tests"])
def test_the_edges_may_read_a_clock(folder: str) -> None:
    """Where time comes in, it is read."""
    assert _codes(folder, _CLOCKS_AND_CHANCE[0]).startswith("All checks passed")


def test_every_producer_of_the_program_is_idempotent() -> None:
    """No place that makes one should leave out what keeps a retry from writing twice, or out of order."""
    makers = [
        path
        for folder in ("agents", "cli", "local", "sinks", "sources", "wire")
        for path in (CI.parent / folder).rglob("*.py")
        if "Producer(" in path.read_text("utf-8")
    ]
    wanted = ('"enable.idempotence": True', '"transactional.id":')
    assert len(makers) > 3
    assert [] == [path.name for path in makers if not any(word in path.read_text("utf-8") for word in wanted)]
