"""Owns the sink process: reads the outputs and changes, resolves what packets cite, stores batch by batch.

May not: decide anything, keep an offset anywhere but in the database. Goes to: the SQL tables.
Partitions are assigned by hand from the offsets in the tables, so that rows and offsets are one transaction:
kill -9 at any moment repeats nothing and loses nothing.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Final

import structlog
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from schemas.settings import Settings
from sinks.batch import Batch, Incoming
from sinks.database import DatabaseProblem, SameFile, opened, patiently
from sinks.measuring import Measures
from sinks.observing import stored
from sinks.originals import Originals
from sinks.proving import Missing, packet_rows, place_of, resolve
from sinks.retention import Retention
from sinks.rows import Row
from sinks.starts import GapPolicy, starts
from sinks.store import AnotherSink, create_tables, kept_originals, load_offsets, write
from sinks.tables import ORIGINALS
from sinks.tracing import begun, told
from wire.errors import KafkaProblem
from wire.gaps import Witness
from wire.lag import LagWatch
from wire.reader import Place, RandomReader, headers_of
from wire.tracing import Traces

_MOST_RECORDS: Final = 500
_MOST_BYTES: Final = 4_000_000
"""A batch is written at either bound, or as soon as nothing more is waiting."""
_WAIT_S: Final = 0.2
"""How long one look for records takes at most when there are none; a stop is heeded after it."""
_PASSING: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001 - published names
)

log = structlog.get_logger()


class Sink:
    """One consumer and one database. `step` does one batch; the process is a loop of it."""

    def __init__(
        self, settings: Settings, build: str = "", *, accept_gaps: bool = False, traces: Traces | None = None
    ) -> None:
        """Open database and broker. Raises KafkaProblem or DatabaseProblem when either is not usable.

        `accept_gaps`: records that are due and gone are passed over, on record, instead of refused.
        """
        self._settings, self._traces = settings, traces
        self._retention = Retention(settings.sink)
        self._measures = Measures(settings.sink.measures_days)
        with ExitStack() as opening:
            self._open_database(opening)
            policy = GapPolicy(Witness("sink", build, settings.fold_hash()), accept_gaps)
            self._read_from = where = starts(settings.kafka.bootstrap, self._offsets, policy)
            self._open_broker(opening)
            self._open = opening.pop_all()
        log.info("sink.started", database=self._engine.url.render_as_string(), partitions=len(where))

    def _open_database(self, opening: ExitStack) -> None:
        self._engine = opened(self._settings.sink.database)
        opening.callback(self._engine.dispose)
        patiently(self._engine, lambda: create_tables(self._engine))
        self._file = SameFile(self._engine)
        self._offsets = patiently(self._engine, lambda: load_offsets(self._engine))

    def _open_broker(self, opening: ExitStack) -> None:
        bootstrap, where = self._settings.kafka.bootstrap, self._read_from
        self._originals = opening.enter_context(closing(Originals(RandomReader(bootstrap))))
        self._consumer = Consumer(_consumer_settings(bootstrap), logger=logging.getLogger("librdkafka"))
        opening.callback(self._consumer.close)
        self._consumer.assign([TopicPartition(*at, offset) for at, offset in sorted(where.items())])

    def step(self, wait_s: float = _WAIT_S) -> int:
        """Store what has arrived, waiting at most `wait_s` for the first record; the number of records.

        Raises KafkaProblem, DatabaseProblem or AnotherSink; nothing of the batch is stored then.
        """
        batch = self._gather(wait_s)
        self._file.check()
        if batch.records:
            spans = begun(self._traces, batch)
            batch.rows += self._packet_rows(batch)
            patiently(self._engine, lambda: self._write(batch))
            self._offsets |= batch.after
            stored(batch, time.time())
            told(spans)
        patiently(self._engine, lambda: self._look_after(time.time_ns() // 1000))
        return batch.records

    def _look_after(self, now: int) -> None:
        """What is due beside storing."""
        self._retention.step(self._engine, now)
        self._measures.step(self._engine, now)

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """The next record to be stored, by topic and partition, where anything has been stored."""
        return dict(self._offsets)

    @property
    def reached(self) -> dict[tuple[str, int], int]:
        """The next record to be stored, of every partition that is read."""
        return self._read_from | self._offsets

    def close(self) -> None:
        """Leave broker and database."""
        self._open.close()

    def _gather(self, wait_s: float) -> Batch:
        batch, size, wait = Batch(), 0, wait_s
        while batch.records < _MOST_RECORDS and size < _MOST_BYTES:
            message = self._consumer.poll(wait)
            if message is None:
                break
            if _is_record(message):
                batch.add(_incoming(message), self._settings)
                size += len(message.value() or b"")
                wait = 0
        return batch

    def _packet_rows(self, batch: Batch) -> list[Row]:
        """The packets with what they cite, read before the transaction, so that no lock waits for Kafka."""
        cited = [evidence for packet in batch.packets for evidence in packet.evidence]
        places = list(map(place_of, cited))
        held = self._originals.fetch(places)
        gone = {e.content_hash for e, at in zip(cited, places, strict=True) if isinstance(held[at], Missing)}
        kept = patiently(self._engine, lambda: kept_originals(self._engine, gone))
        kept |= {row["content_hash"]: row["original"] for table, row in batch.rows if table is ORIGINALS}
        stored_at = time.time_ns() // 1000
        return [
            row
            for packet in batch.packets
            for row in packet_rows(packet, {e.id: resolve(e, held, kept) for e in packet.evidence}, stored_at)
        ]

    def _write(self, batch: Batch) -> None:
        write(self._engine, batch.rows, batch.candidates, self._offsets, batch.after)


def run_sink(
    settings: Settings,
    ready: Callable[[], object] = lambda: None,
    build: str = "",
    *,
    accept_gaps: bool = False,
    traces: Traces | None = None,
) -> int:
    """Run until SIGTERM or SIGINT, which finish the batch in hand; the exit code, 0 for an ordered end.

    `ready` is called once broker and tables are open; `accept_gaps` as for `Sink`. A problem is one line on standard
    error and 1: nothing is lost, the next start reads on.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with (
            closing(Sink(settings, build, accept_gaps=accept_gaps, traces=traces)) as sink,
            closing(LagWatch(settings.kafka.bootstrap, lambda: sink.reached)),
        ):
            ready()
            while not stop.is_set():
                sink.step()
    except (KafkaProblem, DatabaseProblem, AnotherSink) as problem:
        sys.stderr.write(f"sink: {problem}\n")
        return 1
    return 0


def _is_record(message: Message) -> bool:
    """False for an event that passes by itself. Raises KafkaProblem for one that does not."""
    error = message.error()
    if error is None:
        return True
    if error.code() in _PASSING or error.retriable():
        log.warning("sink.kafka_waits", reason=error.str())
        return False
    raise KafkaProblem(f"{message.topic()} cannot be read: {error.str()}; start the sink again")


def _incoming(message: Message) -> Incoming:
    headers = {name: _as_bytes(value) for name, value in headers_of(message)}
    place = Place(message.topic() or "", message.partition() or 0, message.offset() or 0)
    return Incoming(place, message.value(), headers, message.timestamp()[1] * 1000)


def _as_bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _consumer_settings(bootstrap: str) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "group.id": "sink",
        "enable.auto.commit": False,
        # What is gone while the sink runs ends it; the next start tells which records.
        "auto.offset.reset": "error",
        # Audit records that their transaction has not confirmed do not exist.
        "isolation.level": "read_committed",
        "queued.max.messages.kbytes": 16_384,
        "fetch.wait.max.ms": 200,
        "reconnect.backoff.max.ms": 1_000,
    }
