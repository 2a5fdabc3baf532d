"""Owns Prometheus servers for tests: a real one of the machine's own program, over series that a test wrote.

Goes to: the tests of the query agent, and of rules and dashboards.
"""

import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.ports import HOST, free_ports
from tests.facts import eventually

MISSING = "Prometheus is missing"
"""The reason of the skip where the machine has no such program."""
_START_S = 60.0
_STOP_S = 30.0


def is_here() -> bool:
    """True where the machine has the server and its tool."""
    return shutil.which("prometheus") is not None and shutil.which("promtool") is not None


def promtool(*arguments: str) -> None:
    """Its tool should find nothing wrong; a skip where the machine has none."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip(MISSING)
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


@contextmanager
def serving(folder: Path, openmetrics: str) -> Iterator[str]:
    """The address of a server that holds these series (OpenMetrics text with times); it ends with the block."""
    series, data, config = folder / "series.txt", folder / "data", folder / "prometheus.yml"
    series.write_text(openmetrics, "utf-8")
    config.write_text("global: {scrape_interval: 1h}\n", "utf-8")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(series), str(data)]
    subprocess.run(blocks, check=True, capture_output=True)
    address = f"{HOST}:{free_ports(1)[0]}"
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            eventually(lambda: _answers(f"http://{address}/-/ready"), _START_S, "Prometheus answers")
            yield f"http://{address}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(_STOP_S)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310 - an address of this machine
            return bool(answer.status == 200)
    except OSError:
        return False
