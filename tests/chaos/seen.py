"""Owns reading what the system wrote: whole topics by a client of its own, values by the committed schemas, tables.

Shares no code with the pipeline: nothing of schemas, wire, streams, agents, sinks or sources is imported here, only
fastavro and the `.avsc` files. May not: judge. Goes to: `tests.chaos.verifier`.
"""

import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import fastavro
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

_AVRO: Final = Path(__file__).parents[2] / "schemas" / "avro"
_WAIT_S: Final = 30.0
_HEADER_BYTES: Final = 5
Fields = dict[str, Any]
"""A decoded value."""
Alert = tuple[str, int, str]
"""Environment, start in microseconds since 1970, and fingerprint."""


@dataclass(frozen=True)
class Record:
    """One committed record."""

    partition: int
    offset: int
    value: bytes
    headers: dict[str, bytes]


@dataclass
class Seen:
    """Everything that one replay left behind."""

    published: Counter[Alert]
    """How often each alert is in the topic alerts."""
    candidates: list[Fields]
    """Every revision, in the order of each partition."""
    entries: list[Record]
    """Of the topic audit-entries."""
    lines: dict[int, list[Fields]]
    """The audit log by partition."""
    checkpoints: dict[int, list[Fields]]
    letters: list[Fields]
    shown: dict[str, str]
    """The table candidates: id to body."""
    rows: int
    """Rows of the table audit."""
    packets: set[str]
    """The revisions whose packets the tables hold."""


def look(bootstrap: str, database: Path, tenant: str) -> Seen:
    """What the topics and tables hold now, of one tenant where it is a tenant's."""
    candidates = [decoded("incident-candidates", one.value) for one in each(bootstrap, "incident-candidates")]
    letters = [decoded("dead-letters", one.value) for one in each(bootstrap, "dead-letters")]
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        shown = connection.execute("select candidate_id, body from candidates where tenant = ?", (tenant,))
        stored = connection.execute("select revision_id from packets where tenant = ?", (tenant,))
        return Seen(
            Counter(alert_of(one) for one in each(bootstrap, "alerts") if _is_alert(one, tenant)),
            [one for one in candidates if one["tenant"] == tenant],
            records(bootstrap, "audit-entries"),
            _by_partition(bootstrap, "audit"),
            _by_partition(bootstrap, "audit-checkpoints"),
            [one for one in letters if one["tenant"] == tenant],
            dict(shown.fetchall()),
            connection.execute("select count(*) from audit").fetchone()[0],
            {row[0] for row in stored.fetchall()},
        )


def alert_of(record: Record) -> Alert:
    """Which alert a record of the topic alerts tells."""
    alert = decoded("alerts", record.value)
    return alert["environment"], alert["starts_at"], alert["fingerprint"]


def decoded(topic: str, value: bytes) -> Fields:
    """A value in Confluent's wire format; the last digit of a schema's id is its version."""
    version = int.from_bytes(value[1:_HEADER_BYTES], "big") % 10
    body = io.BytesIO(value[_HEADER_BYTES:])
    fields: Any = fastavro.schemaless_reader(body, _schema(topic, version), None)
    return dict(fields)


@cache
def _schema(topic: str, version: int) -> Any:  # noqa: ANN401 - a parsed schema is fastavro's own
    """The committed schema; times stay the integers that they are on the wire."""
    text = (_AVRO / f"{topic}.v{version}.avsc").read_text("utf-8")
    return fastavro.parse_schema(json.loads(text.replace('"logicalType"', '"meaning"')))


def _is_alert(record: Record, tenant: str) -> bool:
    return record.headers.get("tenant") == tenant.encode() and "tick" not in record.headers


def _by_partition(bootstrap: str, topic: str) -> dict[int, list[Fields]]:
    found: dict[int, list[Fields]] = {}
    for record in records(bootstrap, topic):
        found.setdefault(record.partition, []).append(decoded(topic, record.value))
    return found


def _pairs(message: Message) -> list[tuple[str, str | bytes | None]]:
    headers = message.headers() or []
    return list(headers.items()) if isinstance(headers, dict) else list(headers)


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def records(bootstrap: str, topic: str) -> list[Record]:
    """Every committed record from the first to the present end, partition by partition."""
    return list(each(bootstrap, topic))


def each(bootstrap: str, topic: str) -> Iterator[Record]:
    """The same, one at a time: a topic need not fit into memory."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "verifier",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": 16_384,
        }
    )
    try:
        partitions = consumer.list_topics(topic, _WAIT_S).topics[topic].partitions
        for number in sorted(partitions):
            yield from _partition(consumer, topic, number)
    finally:
        consumer.close()


def _partition(consumer: Consumer, topic: str, number: int) -> Iterator[Record]:
    place = TopicPartition(topic, number)
    first, end = consumer.get_watermark_offsets(place, _WAIT_S)
    consumer.assign([TopicPartition(topic, number, first)])
    while first < end and consumer.position([place])[0].offset < end:
        for message in consumer.consume(1_000, 0.2):
            problem = message.error()
            if problem is not None:
                raise KafkaException(problem)
            offset = message.offset() or 0
            if offset < end:
                headers = {name: _bytes(value) for name, value in _pairs(message)}
                yield Record(number, offset, message.value() or b"", headers)
