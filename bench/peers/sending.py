"""Owns sending for the peers: the producer settings of our own outbox, acknowledged at least once a second.

Goes to: every peer, so that what they are compared by is how they read, hand over and commit.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Final

from confluent_kafka import Producer

from bench.core import Out

COMMIT_S: Final = 1.0
"""The commit interval of every peer, and our own."""


class Sender:
    """Writes records; `names` gives the run's name of each topic."""

    def __init__(self, bootstrap: str, names: Mapping[str, str]) -> None:
        self._names = names
        self._flushed_at = time.monotonic()
        self._lost = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 2,
            }
        )

    def send(self, outs: Iterable[Out]) -> None:
        """Queue records, and wait for all acknowledgements when a second has passed since the last time."""
        for out in outs:
            self._producer.produce(
                self._names[out.topic],
                out.value,
                out.key,
                -1 if out.partition is None else out.partition,
                on_delivery=self._delivered,
            )
        self._producer.poll(0)
        if time.monotonic() - self._flushed_at > COMMIT_S:
            self.flush()

    def flush(self) -> None:
        """Wait until the broker has everything; RuntimeError when it lost something."""
        self._producer.flush()
        self._flushed_at = time.monotonic()
        if self._lost:
            raise RuntimeError(f"{self._lost} records were not acknowledged")

    def _delivered(self, error: object, _: object) -> None:
        self._lost += error is not None
