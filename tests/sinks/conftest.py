"""Owns what the sink's tests stand on: a broker for the module, published originals, a database for the test."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from schemas.settings import KafkaSettings, Settings, SinkSettings
from tests.brokers import laid_out
from tests.postgres import databases_on
from tests.sinks.audited_log import Audited, audited_log
from tests.sinks.published import publish_originals
from wire.reader import Place


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker whose topics this module has for itself."""
    with laid_out(tmp_path_factory.mktemp("sink"), 2) as settings:
        yield settings


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """A signed log of two partitions with its tables, for the module."""
    with audited_log(tmp_path_factory.mktemp("audited")) as there:
        yield there


@pytest.fixture(scope="module")
def places(broker: KafkaSettings) -> dict[str, Place]:
    """Everything that the example packet cites, published."""
    return publish_originals(broker.bootstrap)


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """A maker of new, empty databases, by their addresses: each test runs on each kind."""
    if request.param == "sqlite":
        numbers = count()
        yield lambda: f"sqlite:///{tmp_path}/incidents{next(numbers) or ''}.db"
        return
    with databases_on(request.getfixturevalue("postgres")) as make:
        yield make


@pytest.fixture
def configured(broker: KafkaSettings, databases: Callable[[], str]) -> Settings:
    """Settings with a database of the test's own."""
    return Settings(kafka=broker, sink=SinkSettings(database=databases()))
