"""Owns sending records on behalf of many at once: each caller waits for exactly its own acknowledgements.

Beside `wire.producer`, which belongs to a process that sends in rounds and leaves after a loss: here a loss
concerns one caller, who is told, and the others go on. May not: try again, or know what the records mean.
Goes to: the gateway.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from wire.admin import MAX_RECORD_BYTES
from wire.errors import KafkaProblem
from wire.record import Outgoing

_POLL_S = 0.1
"""Longest wait of the thread for delivery reports; bounds only how long closing takes."""
_CLOSE_S = 10.0


class NotAcknowledged(KafkaProblem):
    """Kafka has not confirmed every record of a caller; some may have been written all the same."""


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


class _Waiting:
    """The records of one caller. Belongs to the event loop."""

    __slots__ = ("done", "left", "places")

    def __init__(self, count: int, done: "asyncio.Future[tuple[Place, ...]]") -> None:
        self.left = count
        self.places: list[Place | None] = [None] * count
        self.done = done

    def settle(self, index: int, outcome: Place | KafkaError) -> None:
        """Note one report; the last one, or the first that failed, ends the wait."""
        if self.done.done():
            return
        if isinstance(outcome, KafkaError):
            self.done.set_exception(NotAcknowledged(f"Kafka did not confirm a record: {outcome.str()}"))
            return
        self.places[index] = outcome
        self.left -= 1
        if self.left == 0:
            self.done.set_result(tuple(place for place in self.places if place is not None))


_Report = tuple[_Waiting, int, Place | KafkaError]


class Durable:
    """An idempotent producer with acks=all for the tasks of one event loop; made inside of that loop."""

    def __init__(
        self,
        bootstrap: str,
        *,
        timeout_s: float = 10.0,
        linger_ms: float = 2.0,
        client: Mapping[str, str | int | float | bool] | None = None,
    ) -> None:
        """Start the producer; nothing is connected yet. `timeout_s`: how long one `publish` may take."""
        self._loop = asyncio.get_running_loop()
        self._timeout_s = timeout_s
        self._reports: list[_Report] = []
        self._closed = False
        self.broken: str | None = None
        """What ended the producer for good, e.g. that the broker lost its state; the process should leave."""
        self.ended = asyncio.Event()
        """Set once `broken` says something."""
        settings = _settings(bootstrap, timeout_s, linger_ms) | dict(client or {})
        self._producer = Producer(
            {**settings, "error_cb": self._on_error}, logger=logging.getLogger("librdkafka")
        )
        self._thread = threading.Thread(target=self._serve, name="durable", daemon=True)
        self._thread.start()

    async def publish(self, records: Sequence[Outgoing]) -> tuple[Place, ...]:
        """Write the records and return where they stand, in their order, once the broker has every one.

        NotAcknowledged when one is not confirmed in time; then some may have been written.
        """
        if not records:
            return ()
        waiting = _Waiting(len(records), self._loop.create_future())
        for index, record in enumerate(records):
            self._produce(record, partial(self._delivered, waiting, index))
        timer = self._loop.call_later(self._timeout_s, self._late, waiting)
        try:
            return await waiting.done
        finally:
            timer.cancel()

    async def close(self) -> None:
        """Wait for what is queued, and end the thread."""
        await asyncio.to_thread(self._producer.flush, min(self._timeout_s, _CLOSE_S))
        self._closed = True
        await asyncio.to_thread(self._thread.join)

    def _late(self, waiting: _Waiting) -> None:
        if not waiting.done.done():
            reason = f"Kafka did not confirm every record within {self._timeout_s:g} s"
            waiting.done.set_exception(NotAcknowledged(reason))

    def _produce(self, record: Outgoing, report: "partial[None]") -> None:
        try:
            self._producer.produce(
                record.topic,
                record.value,
                record.key,
                -1 if record.partition is None else record.partition,
                on_delivery=report,
                headers=list(record.headers) or None,
            )
        except BufferError:
            raise NotAcknowledged("too many records wait for Kafka; try again") from None
        except KafkaException as error:
            raise NotAcknowledged(
                f"Kafka takes no record for {record.topic}: {error.args[0].str()}"
            ) from error

    def _delivered(self, waiting: _Waiting, index: int, error: KafkaError | None, message: Message) -> None:
        """One delivery report; runs in the thread, inside of poll."""
        if error is not None:
            self._reports.append((waiting, index, error))
            return
        place = Place(message.topic() or "", message.partition() or 0, message.offset() or 0)
        self._reports.append((waiting, index, place))

    def _serve(self) -> None:
        """The thread: hands over the reports of a poll with a single call into the loop."""
        while not self._closed:
            self._producer.poll(_POLL_S)
            if self._reports:
                reports, self._reports = self._reports, []
                self._loop.call_soon_threadsafe(_settle, reports)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self.broken = error.str()
            self._loop.call_soon_threadsafe(self.ended.set)


def _settle(reports: list[_Report]) -> None:
    for waiting, index, outcome in reports:
        waiting.settle(index, outcome)


def _settings(bootstrap: str, timeout_s: float, linger_ms: float) -> dict[str, str | int | float | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
        "linger.ms": linger_ms,
        "delivery.timeout.ms": round(timeout_s * 1000),
        "queue.buffering.max.messages": 100_000,
        "queue.buffering.max.kbytes": 262_144,
        "message.max.bytes": MAX_RECORD_BYTES,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
    }
