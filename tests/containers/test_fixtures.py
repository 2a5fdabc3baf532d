"""The choice of where tests take Kafka and Postgres from: containers, or addresses that are given."""

import os
import subprocess
import sys

import pytest

from tests.brokers import GIVEN
from tests.containers.composed import ROOT
from tests.engine import broker_container, postgres_container

pytestmark = pytest.mark.timeout(900)
BORROWED = ("tests/wire/test_reader.py", "tests/sinks/test_postgres.py")


def _suite(*options: str, **variables: str) -> str:
    """The last lines of a run of some tests of Kafka and Postgres, which must pass."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *BORROWED],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout[-4000:]
    return done.stdout


@pytest.mark.usefixtures("engine")
def test_with_containers_brokers_and_databases_are_containers() -> None:
    """The same tests should pass on the official images."""
    assert " passed" in _suite("--containers")


@pytest.mark.usefixtures("engine")
def test_given_addresses_are_used_as_they_are() -> None:
    """With addresses in the environment nothing should be started, and the same tests pass there."""
    with broker_container() as kafka, postgres_container() as postgres:
        assert " passed" in _suite(**{GIVEN: kafka, "INCIDENTS_TEST_DATABASE": postgres})
