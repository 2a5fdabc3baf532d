"""Owns sending: one idempotent producer whose records count as sent only when the broker has them.

May not: know what the records mean, retry on its own account (librdkafka does, within the time limit), or
go on after a record was lost. Goes to: the agents and the auditor, which await `flush` before an input
counts as done.

Why not confluent_kafka's own AIOProducer: it makes one future a message, carries no headers in its
batches, and holds a half-full batch for a second. Here a record costs a counter, and `flush` takes about
a millisecond, because librdkafka's own flush ignores the linger time.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from wire.admin import MAX_RECORD_BYTES
from wire.errors import KafkaProblem
from wire.meters import bound, hit

_IDLE_S = 0.05
"""Pause of the thread between two looks at delivery reports that nobody waits for."""
_FLUSH_S = 0.1
"""Longest single call of librdkafka's flush, so that closing never waits longer than this."""

ClientSettings = Mapping[str, str | int | float | bool]
"""Further settings of librdkafka: security, client id."""


class DeliveryFailed(KafkaProblem):
    """A record was not acknowledged. Nothing more can be sent: leave the process, and be started again."""

    def __init__(self, topic: str, reason: str) -> None:
        super().__init__(f"Kafka did not take a record for {topic}: {reason}; nothing more is sent")
        self.topic = topic
        self.reason = reason


class _Round:
    """The records between two flushes. Counted up by the loop, acknowledged by the thread."""

    def __init__(self, failed: "_Failed") -> None:
        self.sent = 0
        self.complete: Future[None] = Future()
        self._acknowledged = 0
        self._sealed = False
        self._failed = failed
        self._lock = threading.Lock()

    def delivered(self, error: KafkaError | None, message: Message) -> None:
        """The delivery report of one record; runs in the thread."""
        if error is not None:
            self._failed(DeliveryFailed(message.topic() or "?", error.str()))
            return
        self._acknowledged += 1
        if self._sealed:
            self._settle()

    def seal(self) -> None:
        """No more records will be added; runs in the loop."""
        self._sealed = True
        self._settle()

    def fail(self, failure: DeliveryFailed) -> None:
        """End the wait with the error."""
        with self._lock:
            if not self.complete.done():
                self.complete.set_exception(failure)

    def _settle(self) -> None:
        if self._acknowledged != self.sent:
            return
        with self._lock:
            if not self.complete.done():
                self.complete.set_result(None)


class _Failed:
    """The first failure of the producer, kept."""

    def __init__(self) -> None:
        self.first: DeliveryFailed | None = None

    def __call__(self, failure: DeliveryFailed) -> None:
        self.first = self.first or failure


class Outbox:
    """Sends records and says when the broker has them. One event loop may use it, from several tasks."""

    def __init__(
        self,
        bootstrap: str,
        *,
        client: ClientSettings | None = None,
        timeout_s: float = 30.0,
        linger_ms: float = 2.0,
        most_waiting: int = 100_000,
    ) -> None:
        """Start the producer; nothing is connected yet, so that a missing broker shows at the first flush.

        `timeout_s`: how long librdkafka tries to deliver one record before it is lost and `flush` raises.
        `linger_ms`: how long records may wait for company while nobody flushes.
        `most_waiting`: records not yet acknowledged above which `send` waits.
        """
        self._failed = _Failed()
        self._round = _Round(self._failed)
        self._pending: list[_Round] = []
        self._asked = threading.Event()
        self._closed = False
        self._producer = Producer(
            _settings(bootstrap, timeout_s, linger_ms, most_waiting) | dict(client or {}),
            logger=logging.getLogger("librdkafka"),
        )
        bound("unacknowledged_records", most_waiting, lambda: len(self._producer))
        self._thread = threading.Thread(target=self._serve, name="outbox", daemon=True)
        self._thread.start()

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Queue one record; without `partition` the key decides as in Java's clients. Waits only while full.

        DeliveryFailed when this or an earlier record could not be delivered.
        """
        while True:
            self._raise_failure()
            try:
                self._produce(topic, key, value, partition, headers)
            except BufferError:
                hit("unacknowledged_records")
                await self.flush()
            else:
                return

    async def flush(self) -> None:
        """Return when the broker has every record sent so far; DeliveryFailed if one was lost."""
        self._raise_failure()
        if self._round.sent:
            sealed, self._round = self._round, _Round(self._failed)
            self._pending.append(sealed)
            sealed.seal()
        waiting = tuple(self._pending)
        self._asked.set()
        for round_ in waiting:
            await asyncio.shield(asyncio.wrap_future(round_.complete))
        self._pending = [round_ for round_ in self._pending if not round_.complete.done()]
        self._raise_failure()

    async def close(self) -> None:
        """Flush what is queued, unless something has failed, and end the thread; nothing can be sent then."""
        try:
            if self._failed.first is None:
                await self.flush()
        finally:
            self._failed(DeliveryFailed("every topic", "the outbox is closed"))
            self._closed = True
            self._asked.set()
            await asyncio.to_thread(self._thread.join)

    def _produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> None:
        try:
            self._producer.produce(
                topic,
                value,
                key,
                -1 if partition is None else partition,
                on_delivery=self._round.delivered,
                headers=list(headers) if headers else None,
            )
        except KafkaException as error:
            self._failed(DeliveryFailed(topic, error.args[0].str()))
            self._asked.set()
            self._raise_failure()
        self._round.sent += 1

    def _raise_failure(self) -> None:
        if self._failed.first is not None:
            raise self._failed.first

    def _serve(self) -> None:
        """The thread: serves delivery reports, at once while somebody waits."""
        while not self._closed:
            self._asked.wait(_IDLE_S)
            self._asked.clear()
            self._producer.poll(0)
            while self._failed.first is None and any(not round_.complete.done() for round_ in self._pending):
                self._producer.flush(_FLUSH_S)
            if self._failed.first is not None:
                self._give_up(self._failed.first)
        self._producer.purge()
        self._producer.poll(0)

    def _give_up(self, failure: DeliveryFailed) -> None:
        """What is still queued must not arrive after a record that was lost."""
        self._producer.purge(blocking=False)
        self._producer.poll(0)
        for round_ in tuple(self._pending):
            round_.fail(failure)


def _settings(
    bootstrap: str, timeout_s: float, linger_ms: float, most_waiting: int
) -> dict[str, str | int | float | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
        "linger.ms": linger_ms,
        "delivery.timeout.ms": round(timeout_s * 1000),
        "queue.buffering.max.messages": most_waiting,
        "queue.buffering.max.kbytes": 262_144,
        "message.max.bytes": MAX_RECORD_BYTES,
        # Both start low: a broker that comes back is used at once.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
    }
