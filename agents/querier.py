"""Owns the querier process: asks a tenant's Prometheus about its incidents, and publishes what came as inputs.

Every question is on record in the audit log before it leaves, and what came of it after. May not: choose what is
asked (`streams.queries` does), judge an answer, or write to anything but `answers`. A question has a name made of
its content: what stands in `answers` is not asked again, and what comes twice counts once.
"""

import asyncio
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import Final, NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from agents.pace import Pace
from agents.prometheus import Prometheus, link_of
from schemas.answers import Answer
from schemas.audit import AuditEntry, Position
from schemas.codec import Undecodable, decode, encode
from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT
from schemas.identity import content_hash, digest
from schemas.packets import Packet
from schemas.querying import PrometheusSource
from schemas.settings import Settings, is_replay, micros
from streams.answering import Came, answer_of
from streams.queries import Query, queries_of
from streams.redact import redact_text
from wire.admin import end_offsets
from wire.durable import Durable
from wire.errors import KafkaProblem
from wire.lag import LagWatch, Places
from wire.presence import require_topics
from wire.record import Outgoing
from wire.recorded import put_on_record
from wire.trim import offset_at

_MOST_RECORDS: Final = 500
_WAIT_S: Final = 0.2
_TRIES: Final = 2
"""Failures in a row after which the rest of a round is not asked."""
_REMEMBERED: Final = 100_000
_PASSING: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001 - published names
)

log = structlog.get_logger()


class Round(NamedTuple):
    """The questions of one packet, and whom they go to."""

    source: PrometheusSource
    queries: Sequence[Query]


class Querier:
    """One consumer of packets. `step` handles what has come; the process is a loop of it."""

    def __init__(self, settings: Settings, build: str, stop: threading.Event | None = None) -> None:
        """Learn what has been asked already, and stand where young packets begin. Raises KafkaProblem."""
        self._settings, self._build, self._stop = settings, build, stop or threading.Event()
        self._pace = Pace(settings.querier.per_minute, settings.querier.most_queries)
        bootstrap = settings.kafka.bootstrap
        there = require_topics(bootstrap, ("answers", "context-packets", "audit", "audit-entries"))
        since_ms = (_now() - micros(settings.querier.fresh_s)) // 1000
        self._asked: dict[str, str] = {
            answer.answer_id: answer.candidate_id
            for answer in _answers(bootstrap, there["answers"], since_ms)
        }
        starts = _places(bootstrap, "context-packets", there["context-packets"], since_ms)
        self._reached = {(place.topic, place.partition): place.offset for place in starts}
        # Opened last: nothing after it may fail, and leave it open.
        self._prometheus, self._consumer = Prometheus(settings.querier), _consumer(bootstrap)
        self._consumer.assign(starts)
        log.info("querier.started", sources=len(settings.querier.prometheus), known=len(self._asked))

    def step(self, wait_s: float = _WAIT_S) -> int:
        """Ask what the packets that have come give rise to; how many were asked.

        Raises KafkaProblem, also where a question could not be put on record: then it was not asked.
        """
        asked = 0
        for packet in self._gather(wait_s):
            due = self.due(packet, _now())
            if due is not None:
                asked += self._ask(packet, due)
        return asked

    def due(self, packet: Packet, now: int) -> Round | None:
        """What is still to be asked about a packet; none for replays, for what is old, and without a source."""
        candidate, querier = packet.candidate, self._settings.querier
        source = querier.source_of(candidate.tenant)
        if (
            source is None
            or is_replay(candidate.tenant)
            or candidate.opened_at < now - micros(querier.fresh_s)
        ):
            return None
        known = sum(1 for name in self._asked.values() if name == candidate.candidate_id)
        new = [q for q in queries_of(packet, querier) if q.about.answer_id not in self._asked]
        left = max(0, querier.most_queries * 2 - known)
        return Round(source, new[:left]) if new[:left] else None

    def positions(self) -> Places:
        """The next offset of each partition of packets; another thread may ask."""
        return dict(self._reached)

    def close(self) -> None:
        """Leave broker and sources."""
        self._consumer.close()
        self._prometheus.close()

    def _ask(self, packet: Packet, due: Round) -> int:
        asked_at = _now()
        intent = {q.about.answer_id: redact_text(q.about.query)[:1000] for q in due.queries}
        put_on_record(self._settings.kafka.bootstrap, self._entry(packet, "asking", asked_at, intent))
        answers = list(self._answers(due))
        outcome = {answer.answer_id: _told(answer) for answer in answers}
        put_on_record(self._settings.kafka.bootstrap, self._entry(packet, "asked", asked_at, outcome))
        records = [_record(answer, packet.candidate.tenant) for answer in answers]
        asyncio.run(_publish(self._settings.kafka.bootstrap, records))
        self._remember(answers)
        log.info("querier.asked", candidate=packet.candidate.short_id, questions=len(answers))
        return len(answers)

    def _answers(self, due: Round) -> Iterable[Answer]:
        failed = 0
        for query in due.queries:
            came = Came(failed="unreachable", detail="not asked: it had just failed")
            if failed < _TRIES:
                if not self._pace.wait(self._stop):
                    return  # told to stop: what is left is asked after the next start
                came = self._prometheus.ask(due.source, query)
                failed = failed + 1 if came.failed in ("unreachable", "timed_out") else 0
            yield answer_of(query, came, _now(), link_of(due.source, query))

    def _entry(self, packet: Packet, decision: str, at: int, details: dict[str, str]) -> AuditEntry:
        candidate = packet.candidate
        return AuditEntry(
            decision_id=digest(decision, candidate.tenant, candidate.candidate_id, at, *sorted(details)),
            tenant=candidate.tenant,
            subject=candidate.candidate_id,
            decision=decision,
            actor="querier",
            at=at,
            position=Position(topic="context-packets", partition=0, offset=candidate.revision.number),
            build=self._build,
            settings_hash=self._settings.fold_hash(),
            details=details,
        )

    def _remember(self, answers: Iterable[Answer]) -> None:
        self._asked |= {answer.answer_id: answer.candidate_id for answer in answers}
        while len(self._asked) > _REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def _gather(self, wait_s: float) -> list[Packet]:
        """The newest packet of every candidate among those that have come."""
        newest: dict[tuple[str, str], Packet] = {}
        wait = wait_s
        for _ in range(_MOST_RECORDS):
            message = self._consumer.poll(wait)
            if message is None:
                break
            packet = _packet(message)
            if message.error() is None:
                self._reached["context-packets", message.partition() or 0] = (message.offset() or 0) + 1
            if packet is not None:
                newest[packet.candidate.tenant, packet.candidate.candidate_id] = packet
                wait = 0
        return list(newest.values())


def run_querier(settings: Settings, build: str, ready: Callable[[], object] = lambda: None) -> int:
    """Run until SIGTERM or SIGINT; the exit code, 0 for an ordered end. `ready` is called once it has begun.

    A problem is one line on standard error and 1: what has no answer yet is asked after the next start.
    """
    if not settings.querier.prometheus:
        sys.stderr.write(
            "querier: nobody to ask: name a Prometheus in [[querier.prometheus]] of the settings\n"
        )
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with (
            closing(Querier(settings, build, stop)) as querier,
            closing(LagWatch(settings.kafka.bootstrap, querier.positions)),
        ):
            ready()
            while not stop.is_set():
                querier.step()
    except KafkaProblem as problem:
        sys.stderr.write(f"querier: {problem}\n")
        return 1
    return 0


def _told(answer: Answer) -> str:
    size, hashed = len(answer.original), content_hash(answer.original.encode())
    return f"{answer.outcome}, {size} characters, sha256 {hashed}"


def _record(answer: Answer, tenant: str) -> Outgoing:
    headers = ((HEADER_TENANT, tenant.encode()), (HEADER_INGESTED_AT, str(_now()).encode()))
    key = f"{tenant}/{answer.candidate_id}".encode()
    return Outgoing("answers", key, encode("answers", answer), headers)


async def _publish(bootstrap: str, records: Sequence[Outgoing]) -> None:
    durable = Durable(bootstrap)
    try:
        await durable.publish(records)
    finally:
        await durable.close()


def _packet(message: Message) -> Packet | None:
    """None for what is no packet that this build can read. Raises KafkaProblem where reading cannot go on."""
    error = message.error()
    if error is not None:
        if error.code() in _PASSING or error.retriable():
            log.warning("querier.kafka_waits", reason=error.str())
            return None
        raise KafkaProblem(f"context-packets cannot be read: {error.str()}; start the querier again")
    try:
        packet = decode("context-packets", message.value())
    except Undecodable as wrong:
        log.warning("querier.unreadable", reason=wrong.reason)
        return None
    return packet if isinstance(packet, Packet) else None


def _answers(bootstrap: str, partitions: int, since_ms: int) -> Iterable[Answer]:
    """The answers that have been published since a moment."""
    consumer = _consumer(bootstrap)
    try:
        starts = _places(bootstrap, "answers", partitions, since_ms)
        ends = end_offsets(bootstrap, [("answers", place.partition) for place in starts])
        open_ones = {p.partition for p in starts if p.offset < ends["answers", p.partition]}
        consumer.assign(starts)
        while open_ones:
            message = consumer.poll(_WAIT_S)
            if message is not None and message.error() is None:
                partition, offset = message.partition() or 0, message.offset() or 0
                if offset + 1 >= ends["answers", partition]:
                    open_ones.discard(partition)
                yield from _read(message)
    finally:
        consumer.close()


def _read(message: Message) -> Iterable[Answer]:
    """The answer in a record; ticks, and what is none, give nothing."""
    try:
        answer = decode("answers", message.value())
    except Undecodable:
        return
    if isinstance(answer, Answer):
        yield answer


def _places(bootstrap: str, topic: str, partitions: int, since_ms: int) -> list[TopicPartition]:
    """Where the records since a moment begin; where there are none, the end as it was before that was asked."""
    ends = end_offsets(bootstrap, [(topic, partition) for partition in range(partitions)])
    offsets = {partition: offset_at(bootstrap, topic, partition, since_ms) for partition in range(partitions)}
    return [TopicPartition(topic, p, ends[topic, p] if at is None else at) for p, at in offsets.items()]


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "querier",
            "enable.auto.commit": False,
            # What has been trimmed is old: it would not be asked about anyway.
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
            "reconnect.backoff.max.ms": 1_000,
        },
        logger=logging.getLogger("librdkafka"),
    )


def _now() -> int:
    return time.time_ns() // 1000
