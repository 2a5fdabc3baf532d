"""Owns the auditor process: every entry of audit-entries becomes one numbered line of audit, in order.

May not: judge an entry, leave one out, or know Faust: lines and checkpoint of a batch are one transaction,
which Faust cannot do. Goes to: the topics audit and audit-checkpoints, each with the partition of the entries.
The `transactional.id` of a partition is fixed, so that only one writer can exist: a second one takes over, and
the first is refused and ends.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas.audit import AuditCheckpoint, AuditRecord
from schemas.codec import decode, encode
from schemas.settings import Settings
from streams.ledger import Ledger, recovered
from wire.admin import MAX_RECORD_BYTES
from wire.errors import KafkaProblem, Unreachable
from wire.presence import require_topics
from wire.tail import read_tail
from wire.trim import delete_before, offset_at

_TOPICS: Final = ("audit-entries", "audit", "audit-checkpoints")
_MOST_RECORDS: Final = 1_000
"""Entries in one round of transactions, one for each partition that has any."""
_WAIT_S: Final = 0.2
"""How long one look for entries takes at most when there are none; a stop is heeded after it."""
_AT_ONCE: Final = 16
_KEPT_MS: Final = 7 * 86_400_000
"""Entries are deleted once they stand in the log and are so old."""
_TRIM_EVERY_S: Final = 3_600.0
_COMMIT_S: Final = 20.0
_TRANSACTION_MS: Final = 15_000
"""After a kill readers wait at most so long for lines that were not confirmed; a restart ends them at once."""
_TAKEN_OVER: Final = frozenset(
    {
        KafkaError._FENCED,  # noqa: SLF001 - published names
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
    }
)
_PASSING: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001 - as above
)

log = structlog.get_logger()


class Writer:
    """The only writer of one partition of the audit log."""

    def __init__(self, bootstrap: str, partition: int, build: str) -> None:
        """Take the partition over from any other writer, then find out where it stands.

        In this order: once the other is refused, what stands in the log is final. Raises KafkaProblem.
        """
        self._partition = partition
        self._producer = Producer(_producer_settings(bootstrap, partition), logger=_librdkafka())
        try:
            self._producer.init_transactions(_COMMIT_S)
        except KafkaException as error:
            raise Unreachable(bootstrap, error.args[0].str()) from error
        self.ledger = _recover(bootstrap, partition, build)

    def write(self, entries: list[Message]) -> int:
        """Put entries on record, and the checkpoint after them, in one transaction; the number of lines.

        Raises KafkaProblem when this could not be done; the transaction is then void.
        """
        try:
            self._producer.begin_transaction()
            lines = sum(self._line(entry) for entry in entries)
            self._send("audit-checkpoints", str(self._partition).encode(), self.ledger.checkpoint())
            self._producer.commit_transaction(_COMMIT_S)
        except (KafkaException, BufferError) as error:
            raise _problem(self._partition, error) from error
        return lines

    def _line(self, entry: Message) -> bool:
        line = self.ledger.take(entry.offset() or 0, entry.value(), entry.timestamp()[1] * 1000)
        if line is not None:
            self._send("audit", entry.key(), line)
        return line is not None

    def _send(self, topic: str, key: str | bytes | None, message: AuditRecord | AuditCheckpoint) -> None:
        self._producer.produce(topic, encode(topic, message), key=key, partition=self._partition)
        self._producer.poll(0)


class Auditor:
    """One consumer, and a writer for each partition."""

    def __init__(self, settings: Settings, build: str) -> None:
        """Take over every partition. Raises KafkaProblem."""
        bootstrap = settings.kafka.bootstrap
        there = require_topics(bootstrap, _TOPICS)
        if len(set(there.values())) != 1:
            raise KafkaProblem(f"{', '.join(_TOPICS)} must have the same number of partitions: {there}")
        partitions = range(there["audit-entries"])
        # Side by side: taking a partition over is half a second of waiting for the broker.
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            writers = pool.map(lambda partition: Writer(bootstrap, partition, build), partitions)
            self._writers = dict(zip(partitions, writers, strict=True))
        self._consumer = Consumer(_consumer_settings(bootstrap), logger=_librdkafka())
        self._bootstrap, self._trim_at = bootstrap, time.monotonic()
        starts = [TopicPartition("audit-entries", p, offset) for p, offset in self.positions.items()]
        self._consumer.assign(starts)
        log.info("auditor.started", partitions=len(starts))

    def step(self, wait_s: float = _WAIT_S) -> int:
        """Put on record what has arrived, waiting at most `wait_s` for the first entry; entries seen.

        Raises KafkaProblem; what was not confirmed is taken again after a restart.
        """
        if time.monotonic() >= self._trim_at:
            self._trim()
        entries = self._gather(wait_s)
        for partition, of_partition in entries.items():
            lines = self._writers[partition].write(of_partition)
            log.debug("auditor.wrote", partition=partition, entries=len(of_partition), lines=lines)
        return sum(map(len, entries.values()))

    @property
    def positions(self) -> dict[int, int]:
        """The next entry to be put on record, by partition."""
        return {partition: writer.ledger.entries_offset for partition, writer in self._writers.items()}

    def close(self) -> None:
        """Leave the broker; nothing is in hand between steps."""
        self._consumer.close()

    def _trim(self) -> None:
        """Delete the entries that are old and stand in the log; what does not stand there stays, however old."""
        young = time.time_ns() // 1_000_000 - _KEPT_MS
        for partition, writer in self._writers.items():
            written = writer.ledger.entries_offset
            first_young = offset_at(self._bootstrap, "audit-entries", partition, young)
            offset = written if first_young is None else min(first_young, written)
            if offset:
                delete_before(self._bootstrap, "audit-entries", partition, offset)
        self._trim_at = time.monotonic() + _TRIM_EVERY_S

    def _gather(self, wait_s: float) -> dict[int, list[Message]]:
        entries: dict[int, list[Message]] = {}
        wait = wait_s
        for _ in range(_MOST_RECORDS):
            message = self._consumer.poll(wait)
            if message is None:
                break
            if _is_record(message):
                entries.setdefault(message.partition() or 0, []).append(message)
                wait = 0
        return entries


def run_auditor(settings: Settings, build: str = "", ready: Callable[[], object] = lambda: None) -> int:
    """Run until SIGTERM or SIGINT, which finish the batch in hand; the exit code, 0 for an ordered end.

    `build` is the version of the code, named in what the auditor itself puts on record. `ready` is called once it
    has recovered where it stood. A problem is one line
    on standard error and 1: nothing is lost, the next start goes on where it stood.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        auditor = Auditor(settings, build)
        ready()
        try:
            while not stop.is_set():
                auditor.step()
        finally:
            auditor.close()
    except KafkaProblem as problem:
        sys.stderr.write(f"auditor: {problem}\n")
        return 1
    return 0


def _recover(bootstrap: str, partition: int, build: str) -> Ledger:
    checkpoints = read_tail(bootstrap, "audit-checkpoints", partition, bool)
    last = decode("audit-checkpoints", checkpoints[-1].value()) if checkpoints else None
    checkpoint = last if isinstance(last, AuditCheckpoint) else None
    known = checkpoint.next_sequence if checkpoint else 0
    tail = read_tail(bootstrap, "audit", partition, lambda found: _reaches(found, known))
    try:
        return recovered(partition, build, checkpoint, map(_line_of, tail))
    except ValueError as wrong:
        raise KafkaProblem(f"audit/{partition} is not whole: {wrong}; restore it before going on") from wrong


def _reaches(found: list[Message], known: int) -> bool:
    """True when the lines go back to what the checkpoint covers."""
    return bool(found) and _line_of(found[0]).sequence <= known


def _line_of(message: Message) -> AuditRecord:
    line = decode("audit", message.value())
    if not isinstance(line, AuditRecord):
        raise TypeError(f"{type(line).__name__} in audit")
    return line


def _is_record(message: Message) -> bool:
    """False for an event that passes by itself. Raises KafkaProblem for one that does not."""
    error = message.error()
    if error is None:
        return True
    if error.code() in _PASSING or error.retriable():
        log.warning("auditor.kafka_waits", reason=error.str())
        return False
    raise KafkaProblem(f"audit-entries cannot be read on from where the log stands: {error.str()}")


def _problem(partition: int, error: KafkaException | BufferError) -> KafkaProblem:
    code = error.args[0].code() if isinstance(error, KafkaException) else None
    if code in _TAKEN_OVER:
        return KafkaProblem(f"another auditor has taken over partition {partition}; only one may run")
    words = error.args[0].str() if isinstance(error, KafkaException) else str(error)
    return KafkaProblem(f"partition {partition} of audit cannot be written: {words}; start the auditor again")


def _librdkafka() -> logging.Logger:
    return logging.getLogger("librdkafka")


def _producer_settings(bootstrap: str, partition: int) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "transactional.id": f"auditor-{partition}",
        "transaction.timeout.ms": _TRANSACTION_MS,
        "acks": "all",
        "linger.ms": 0,
        "compression.type": "lz4",
        "message.max.bytes": MAX_RECORD_BYTES,
        "reconnect.backoff.max.ms": 1000,
    }


def _consumer_settings(bootstrap: str) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "group.id": "auditor",
        "enable.auto.commit": False,
        # A place that is gone is a hole in the record: said, never skipped.
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "fetch.wait.max.ms": 200,
        "reconnect.backoff.max.ms": 1000,
    }
