"""The question of a health check: 0 once the process is ready, 1 and a reason before, without delay."""

import subprocess
import sys

import pytest

from cli.health import Health
from cli.probe import trouble
from local.ports import free_ports


def test_a_process_is_in_order_once_it_says_so() -> None:
    """Before it is ready the answer should be a reason, afterwards nothing."""
    port = free_ports(1)[0]
    health = Health("sink", "0.1", port)
    assert f"port {port} answers 503" == trouble(port)
    health.ready()
    assert "" == trouble(port)


def test_a_process_that_does_not_listen_is_told() -> None:
    """A closed port should be a reason, not a traceback."""
    port = free_ports(1)[0]
    assert trouble(port).startswith(f"port {port} does not answer: ")


@pytest.mark.parametrize("ready", [True, False])
def test_the_exit_code_is_what_the_engine_looks_at(*, ready: bool) -> None:
    """As a container's health check the module should end with 0 or 1."""
    port = free_ports(1)[0]
    health = Health("sink", "0.1", port)
    if ready:
        health.ready()
    asked = [sys.executable, "-m", "cli.probe", str(port)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (0 if ready else 1) == done.returncode
    assert ready == (done.stderr == "")


def test_nothing_slow_is_imported_for_it() -> None:
    """It is asked every few seconds: the check should load no part of the program but itself."""
    listed = "import sys, cli.probe; print([n for n in sys.modules if n in {'typer', 'faust', 'sqlalchemy'}])"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
