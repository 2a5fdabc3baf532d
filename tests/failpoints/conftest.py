"""Owns the broker that all failpoints share, and a stage on it for each kind of process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.settings import AuditSettings, Settings, StateSettings
from tests.brokers import laid_out

_PARTITIONS = 2


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and settings of every process."""
    return tmp_path_factory.mktemp("failpoints")


@pytest.fixture(scope="package")
def configured(folder: Path) -> Iterator[Settings]:
    """A broker for all of them; a snapshot follows every batch of signals."""
    with laid_out(folder / "kafka", _PARTITIONS) as kafka:
        yield Settings(
            kafka=kafka,
            state=StateSettings(snapshot_every_s=0.0, refold_s=0.0),
            audit=AuditSettings(key_file=str(folder / "audit.key")),
        )
