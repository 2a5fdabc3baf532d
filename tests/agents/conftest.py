"""Owns the broker that the tests of router, correlator and snapshots share: topics by their real names."""

from collections.abc import Iterator

import pytest

from tests.brokers import laid_out

PARTITIONS = 16
"""Of every topic: a test that counts has a partition of its own (correlator 0 to 7, snapshots 8 to 15)."""


@pytest.fixture(scope="package")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of a broker with every topic of the catalogue."""
    with laid_out(tmp_path_factory.mktemp("topics"), PARTITIONS) as settings:
        yield settings.bootstrap
