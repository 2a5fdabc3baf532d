"""Owns the wait before whatever touches the world outside: an entry is sent, and stands in the audit log, or nothing.

Fails closed: whoever gets an error must not act. May not: decide what is done, write to `audit`. Goes to: every
command and executor with an effect outside of Kafka and the tables.
"""

import logging
import time
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas.audit import AuditEntry, AuditRecord
from schemas.codec import decode, encode
from wire.admin import end_offsets
from wire.errors import KafkaProblem
from wire.presence import require_topics
from wire.trim import offset_at

WAIT_S: Final = 30.0
"""How long an effect waits for its line unless its caller says otherwise: a restarted auditor needs a few seconds."""
_POLL_S: Final = 0.1


class NotRecorded(KafkaProblem):
    """An entry does not stand in the audit log in time. It may come to stand there later: as an intent, no more."""


class OnRecord(NamedTuple):
    """Where an entry stands in the audit log."""

    partition: int
    sequence: int


def put_on_record(
    bootstrap: str, entry: AuditEntry, deadline_s: float | None = None, since_ms: int | None = None
) -> OnRecord:
    """Send the entry and wait until it is a confirmed line of `audit`; the line. Raises NotRecorded or KafkaProblem.

    `deadline_s`: how long it may take, WAIT_S by default. `since_ms` (milliseconds since 1970): when the same entry
    may first have been sent, by whoever may have crashed since; the line that it has then is given, and the repeat
    makes none.
    """
    wait_s = WAIT_S if deadline_s is None else deadline_s
    end = time.monotonic() + wait_s
    partitions = require_topics(bootstrap, ("audit", "audit-entries"))["audit"]
    # Before it is sent: its line can only come after what is there now.
    starts = end_offsets(bootstrap, [("audit", partition) for partition in range(partitions)])
    value = encode("audit-entries", entry)
    partition = _sent(bootstrap, entry, value, wait_s)
    start = starts["audit", partition]
    earlier = None if since_ms is None else offset_at(bootstrap, "audit", partition, since_ms)
    first = TopicPartition("audit", partition, start if earlier is None else min(start, earlier))
    return OnRecord(partition, _sequence_of(bootstrap, first, value, end))


def _sent(bootstrap: str, entry: AuditEntry, value: bytes, deadline_s: float) -> int:
    """The partition of audit-entries in which the broker has the entry. Raises NotRecorded."""
    reports: list[tuple[KafkaError | None, Message]] = []
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 0,
            "delivery.timeout.ms": max(1, round(deadline_s * 1000)),
        },
        logger=logging.getLogger("librdkafka"),
    )
    key = f"{entry.tenant}/{entry.subject}".encode()
    producer.produce("audit-entries", value, key, on_delivery=lambda *report: reports.append(report))
    producer.flush(deadline_s)
    if not reports or reports[0][0] is not None:
        why = f" ({reports[0][0].str()})" if reports and reports[0][0] is not None else ""
        raise NotRecorded(
            f"Kafka did not take the audit entry within {deadline_s:g} s{why}: nothing was done"
        )
    return reports[0][1].partition() or 0


def _sequence_of(bootstrap: str, first: TopicPartition, value: bytes, end: float) -> int:
    """The number of the first line with this entry, from a place in the log on, waiting for it. Raises NotRecorded."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "unused",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
        },
        logger=logging.getLogger("librdkafka"),
    )
    try:
        consumer.assign([first])
        while time.monotonic() < end:
            message = consumer.poll(_POLL_S)
            line = decode("audit", message.value()) if message is not None and not message.error() else None
            if isinstance(line, AuditRecord) and line.entry == value:
                return line.sequence
    except KafkaException as error:
        raise NotRecorded(f"audit/{first.partition} cannot be read: {error.args[0].str()}") from error
    finally:
        consumer.close()
    raise NotRecorded(
        f"the entry did not come to stand in audit/{first.partition} in time: nothing was done; is the auditor up?"
    )
