"""Owns what every test may ask for: a real broker, the samples beside the checkout, the skip rule.

And what no test may leave to the next: a logger of its own.
"""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from tests.brokers import IN_CONTAINERS, shared_broker
from tests.engine import postgres_container
from tests.postgres import MISSING, programs, running
from tests.skips import skip_rule

# A busy machine is not a failing law: examples are bounded by their number, not by the clock.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

_ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of where brokers and database servers come from."""
    parser.addoption("--containers", action="store_true", help="Kafka and Postgres run in containers.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the skip rule, let every fixture know of `--containers`, and let Ctrl-C reach what tests start.

    A shell that runs the suite in the background has Ctrl-C ignored, and whatever is started inherits that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--containers"):
        os.environ[IN_CONTAINERS] = "1"
    config.pluginmanager.register(skip_rule(), "skip-rule")
    _log_beside()


def _log_beside() -> None:
    """What is logged goes past `sys.stdout`: a thread that logs must not write into what a command is judged by."""
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """A command that is run inside of a test has logging of its own, which ends with the test."""
    yield
    structlog.contextvars.clear_contextvars()
    _log_beside()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of one real broker for the whole run: use topics and groups of your own."""
    with shared_broker(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of one real Postgres server for the whole run: make databases of your own on it."""
    given, found = os.environ.get("INCIDENTS_TEST_DATABASE"), programs()
    if given:
        yield given
    elif os.environ.get(IN_CONTAINERS):
        with postgres_container() as address:
            yield address
    elif found is None:
        pytest.skip(MISSING)
    else:
        with running(found) as server:
            yield server.address


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of real payloads beside the checkout; read only, nothing of it is committed."""
    folder = _ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is missing")
    return folder
