"""Owns what is said of records that are due and gone: which, and that it is on record before the process leaves.

Nothing is stepped over by itself: a person decides to go on. May not: decide, or move an offset. Goes to: workers and
the sink, when a log does not reach where they have to read on.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from confluent_kafka import Producer

from schemas.audit import AuditEntry, Position
from schemas.codec import encode
from schemas.identity import digest
from schemas.times import SECOND
from wire.admin import end_offsets, start_offsets

_SENT_S: Final = 10.0
Offsets = Mapping[tuple[str, int], int]
"""An offset by topic and partition."""


@dataclass(frozen=True)
class Gap:
    """A partition that is to be read from `due`, and holds the offsets from `first` on and before `end`."""

    topic: str
    partition: int
    due: int
    first: int
    end: int

    def __str__(self) -> str:
        """One line for a person."""
        there = f"holds {self.first} to {self.end - 1}" if self.first < self.end else "is empty"
        return f"{self.topic}/{self.partition} is to be read from {self.due} and {there}"


@dataclass(frozen=True)
class Witness:
    """Who has found a gap: the process, and what it is."""

    actor: str
    build: str
    settings_hash: str


def gaps_of(bootstrap: str, due: Offsets) -> list[Gap]:
    """The partitions that do not reach where they are to be read from. Raises KafkaProblem."""
    first, end = start_offsets(bootstrap, due), end_offsets(bootstrap, due)
    return [
        Gap(*where, offset, first[where], end[where])
        for where, offset in sorted(due.items())
        if not first[where] <= offset <= end[where]
    ]


def gap_entry(gap: Gap, witness: Witness, decision: Literal["gap", "passed over"], at: int) -> AuditEntry:
    """The gap as an entry of the audit log, one line however often it is found; or that somebody passes over it.

    `at`: microseconds since 1970, when it was found, since no record is left to tell a time.
    """
    where = (gap.topic, gap.partition, gap.due)
    # What a person decides is a line of its own each time: another place among the decisions at this offset.
    index = 0 if decision == "gap" else at // SECOND
    return AuditEntry(
        decision_id=digest("gap", decision, *where, gap.first),
        tenant="",
        subject=f"{gap.topic}/{gap.partition}",
        decision=decision,
        actor=witness.actor,
        at=at,
        position=Position(topic=gap.topic, partition=gap.partition, offset=gap.due, index=index),
        build=witness.build,
        settings_hash=witness.settings_hash,
        details={"due": str(gap.due), "first": str(gap.first), "end": str(gap.end)},
    )


def tell_gaps(bootstrap: str, gaps: list[Gap], witness: Witness, at: int) -> bool:
    """Send an entry for each gap; False where Kafka has not taken them all: the process leaves anyway."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
        },
        logger=logging.getLogger("librdkafka"),
    )
    refused: list[object] = []
    for gap in gaps:
        entry = gap_entry(gap, witness, "gap", at)
        producer.produce(
            "audit-entries",
            encode("audit-entries", entry),
            f"/{entry.subject}".encode(),
            on_delivery=lambda error, _: refused.append(error) if error else None,
        )
    return producer.flush(_SENT_S) == 0 and not refused
