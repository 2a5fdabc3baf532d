"""Owns the auditor process: every entry of audit-entries becomes one numbered line of audit, in order, and is signed.

May not: judge an entry, leave one out, or know Faust: the lines of a batch are one transaction, which Faust
cannot do. Goes to: the topics audit and audit-checkpoints, each with the partition of the entries.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final

import structlog
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from agents.audit_observing import Signatures, audited
from agents.audit_writer import Writer
from agents.signing import CannotSign, Signer
from schemas.settings import Settings
from wire.errors import KafkaProblem
from wire.lag import LagWatch
from wire.presence import require_topics
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
_PASSING: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001 - published names
)

log = structlog.get_logger()


class Auditor:
    """One consumer, and a writer for each partition."""

    def __init__(self, settings: Settings, build: str) -> None:
        """Take over every partition. Raises KafkaProblem, or CannotSign."""
        bootstrap = settings.kafka.bootstrap
        there = require_topics(bootstrap, _TOPICS)
        if len(set(there.values())) != 1:
            raise KafkaProblem(f"{', '.join(_TOPICS)} must have the same number of partitions: {there}")
        partitions = range(there["audit-entries"])
        signer = Signer(settings.audit, len(partitions))
        # Side by side: taking a partition over is half a second of waiting for the broker.
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            writers = pool.map(lambda partition: Writer(bootstrap, partition, build, signer), partitions)
            self._writers = dict(zip(partitions, writers, strict=True))
        self._bootstrap, self._trim_at = bootstrap, time.monotonic()
        self._sign_every_s = settings.audit.checkpoint_s
        self._sign_at = dict.fromkeys(partitions, 0.0)
        self._signatures = Signatures(lambda: {p: w.ledger.next_sequence for p, w in self._writers.items()})
        starts = [TopicPartition("audit-entries", p, offset) for p, offset in self.positions.items()]
        self._consumer = Consumer(_consumer_settings(bootstrap), logger=logging.getLogger("librdkafka"))
        self._consumer.assign(starts)
        log.info("auditor.started", partitions=len(starts))

    def step(self, wait_s: float = _WAIT_S) -> int:
        """Put on record what has arrived, waiting at most `wait_s` for the first entry; entries seen.

        Signs what is due. Raises KafkaProblem; what was not confirmed is taken again after a restart.
        """
        if time.monotonic() >= self._trim_at:
            self._trim()
        entries = self._gather(wait_s)
        for partition, of_partition in entries.items():
            lines = self._writers[partition].write(of_partition)
            audited(lines, of_partition[0].timestamp()[1])
            log.debug("auditor.wrote", partition=partition, entries=len(of_partition), lines=lines)
        now = time.monotonic()
        self._signatures.waiting(now, {p for p, writer in self._writers.items() if writer.unsigned})
        self._sign(now)
        return sum(map(len, entries.values()))

    @property
    def positions(self) -> dict[int, int]:
        """The next entry to be put on record, by partition."""
        return {partition: writer.ledger.entries_offset for partition, writer in self._writers.items()}

    def finish(self) -> None:
        """Sign everything that is on record. Raises KafkaProblem."""
        self._sign(float("inf"))

    def close(self) -> None:
        """Leave the broker; nothing is in hand between steps."""
        self._consumer.close()

    def _sign(self, now: float) -> None:
        """Sign the partitions whose last signature is older than the longest pause, where there is something new.

        `now` in seconds of the monotonic clock. A partition that was quiet is signed at once.
        """
        for partition, writer in self._writers.items():
            if writer.unsigned and now >= self._sign_at[partition]:
                writer.sign()
                self._signatures.signed(partition, time.monotonic())
                self._sign_at[partition] = now + self._sign_every_s

    def _trim(self) -> None:
        """Delete the entries that are old and stand in the log; what does not stand there stays, however old."""
        young = time.time_ns() // 1_000_000 - _KEPT_MS
        for partition, writer in self._writers.items():
            first_young = offset_at(self._bootstrap, "audit-entries", partition, young)
            offset = writer.kept_offset if first_young is None else min(first_young, writer.kept_offset)
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
    """Run until SIGTERM or SIGINT, which finish and sign the batch in hand; the exit code, 0 for an ordered end.

    `build` is the version of the code, named in what the auditor itself puts on record. `ready` is called once it
    has recovered where it stood. A problem is one line
    on standard error and 1: nothing is lost, the next start goes on where it stood.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with (
            closing(Auditor(settings, build)) as auditor,
            closing(LagWatch(settings.kafka.bootstrap, lambda: _places(auditor))),
        ):
            ready()
            while not stop.is_set():
                auditor.step()
            auditor.finish()
    except (KafkaProblem, CannotSign) as problem:
        sys.stderr.write(f"auditor: {problem}\n")
        return 1
    return 0


def _places(auditor: Auditor) -> dict[tuple[str, int], int]:
    return {("audit-entries", partition): offset for partition, offset in auditor.positions.items()}


def _is_record(message: Message) -> bool:
    """False for an event that passes by itself. Raises KafkaProblem for one that does not."""
    error = message.error()
    if error is None:
        return True
    if error.code() in _PASSING or error.retriable():
        log.warning("auditor.kafka_waits", reason=error.str())
        return False
    raise KafkaProblem(f"audit-entries cannot be read on from where the log stands: {error.str()}")


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
