"""Owns where a test's broker comes from: embedded, in a container, or at an address that was given.

Goes to: the fixture `kafka`, and those of test modules whose processes use the topics by their real names,
which need a broker of their own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.kafka import kill_broker, start_broker
from schemas.settings import KafkaSettings
from tests.engine import broker_container
from wire.admin import ensure_topics

IN_CONTAINERS = "INCIDENTS_TEST_CONTAINERS"
"""Set by `--containers`: brokers and database servers are containers."""
GIVEN = "INCIDENTS_TEST_KAFKA"
"""The address of an empty broker, for the tests that share one."""


@contextmanager
def shared_broker(folder: Path) -> Iterator[str]:
    """The bootstrap address of the broker that tests share, with topics and groups of their own."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    with own_broker(folder) as bootstrap:
        yield bootstrap


@contextmanager
def own_broker(folder: Path) -> Iterator[str]:
    """The bootstrap address of a new broker; it ends with the block."""
    if os.environ.get(IN_CONTAINERS):
        with broker_container() as bootstrap:
            yield bootstrap
        return
    broker = start_broker(folder, progress=print)
    try:
        yield broker.bootstrap
    finally:
        kill_broker(broker)


@contextmanager
def laid_out(folder: Path, partitions: int) -> Iterator[KafkaSettings]:
    """A new broker with every topic of the catalogue; it ends with the block."""
    with own_broker(folder) as bootstrap:
        settings = KafkaSettings(bootstrap=bootstrap, partitions=partitions)
        ensure_topics(settings)
        yield settings
