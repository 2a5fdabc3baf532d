"""Owns a broker with the topics of the catalogue, since the gateway writes to topics of fixed names."""

from collections.abc import Iterator

import pytest

from local.kafka import Broker, kill_broker, start_broker
from schemas.settings import KafkaSettings
from wire.admin import ensure_topics

PARTITIONS = 2


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker with every topic."""
    started = start_broker(tmp_path_factory.mktemp("sources"), progress=print)
    ensure_topics(KafkaSettings(bootstrap=started.bootstrap, partitions=PARTITIONS))
    yield started
    kill_broker(started)
