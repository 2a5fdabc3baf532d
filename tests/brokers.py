"""Owns brokers of a test module's own, for what cannot share the topics of the catalogue with other tests.

Goes to: the fixtures of test modules whose processes use the topics by their real names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.kafka import kill_broker, start_broker
from schemas.settings import KafkaSettings
from wire.admin import ensure_topics


@contextmanager
def laid_out(folder: Path, partitions: int) -> Iterator[KafkaSettings]:
    """A new broker with every topic of the catalogue; it ends with the block."""
    broker = start_broker(folder, progress=print)
    settings = KafkaSettings(bootstrap=broker.bootstrap, partitions=partitions)
    try:
        ensure_topics(settings)
        yield settings
    finally:
        kill_broker(broker)
