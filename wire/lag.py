"""Owns asking how much waits to be read: ends of partitions from Kafka, against the places reached by a reader.

Asked by a thread of its own, so that a reader that hangs, or a broker that does not answer, is seen and waits for
nobody. May not: read records. Goes to: the metric of consumer lag.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from schemas.metrics import LAG
from wire.meters import Readings, watch

Places = Mapping[tuple[str, int], int]
"""The next offset to be read, by topic and partition."""
_EVERY_S: Final = 5.0
_PATIENCE_S: Final = 5.0


class LagWatch:
    """Asks until the process ends. What was known last is forgotten while Kafka does not answer."""

    def __init__(self, bootstrap: str, positions: Callable[[], Places]) -> None:
        """Start; `positions` is called in the thread, and may not wait."""
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._positions = positions
        self._known: Readings = {}
        watch(LAG, lambda: self._known)
        self._ended = threading.Event()
        threading.Thread(target=self._ask_for_ever, name="lag", daemon=True).start()

    def close(self) -> None:
        """Ask no more."""
        self._ended.set()

    def ask(self) -> Readings:
        """How many records wait in each partition now; nothing while Kafka does not answer."""
        reached = dict(self._positions())
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call] # published without types
        asked = {TopicPartition(*place): latest for place in reached}
        if not asked:
            return {}
        try:
            answers = self._admin.list_offsets(asked, request_timeout=_PATIENCE_S)
            ends = {(at.topic, at.partition): future.result().offset for at, future in answers.items()}
        except KafkaException:
            return {}
        return {
            (topic, str(partition)): max(0, ends[topic, partition] - offset)
            for (topic, partition), offset in reached.items()
        }

    def _ask_for_ever(self) -> None:
        while not self._ended.is_set():
            self._known = self.ask()
            self._ended.wait(_EVERY_S)
