"""Owns what every test may ask for: a real broker, the samples beside the checkout, the skip rule."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from local.kafka import kill_broker, start_broker
from tests.postgres import MISSING, programs, running
from tests.skips import skip_rule

# A busy machine is not a failing law: examples are bounded by their number, not by the clock.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

_ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Register the skip rule."""
    config.pluginmanager.register(skip_rule(), "skip-rule")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of one real broker for the whole run: use topics and groups of your own."""
    broker = start_broker(tmp_path_factory.mktemp("kafka"), progress=print)
    yield broker.bootstrap
    kill_broker(broker)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of one real Postgres server for the whole run: make databases of your own on it."""
    found = programs()
    if found is None:
        pytest.skip(MISSING)
    with running(found) as server:
        yield server.address


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of real payloads beside the checkout; read only, nothing of it is committed."""
    folder = _ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is missing")
    return folder
