"""Owns watching what comes out: packets as a consumer of their topic sees them, and as a reader of the table does.

Only notes when each was seen; what it says is read after the run, so that watching takes little of the machine.
May not: share anything with what is measured. Goes to: `bench.latency`.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from confluent_kafka import Consumer, Message, TopicPartition

from wire.admin import end_offsets, layout

_LOOK_S: Final = 0.01
"""How often the table is looked at: the error of the time at which a row was seen."""
_POLL_S: Final = 0.2


class Stored(NamedTuple):
    """One record: where it stands, its time by the broker or its producer, its value; `seen` in seconds since 1970."""

    partition: int
    offset: int
    timestamp_ms: int
    value: bytes
    seen: float


@dataclass(slots=True)
class Watched:
    """What has been seen so far."""

    packets: list[Stored] = field(default_factory=list)
    rows: dict[str, float] = field(default_factory=dict)
    """By the revision's id when its packet was first seen in the table."""


@contextmanager
def watching(bootstrap: str, database: Path) -> Iterator[Watched]:
    """Watch for as long as the block, from what is there now on."""
    watched, stop = Watched(), threading.Event()
    consumer = _at_the_end(bootstrap, "context-packets")
    threads = [
        threading.Thread(target=_watch_topic, args=(consumer, watched, stop), name="packets"),
        threading.Thread(target=_watch_table, args=(database, watched, stop), name="rows"),
    ]
    for thread in threads:
        thread.start()
    try:
        yield watched
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        consumer.close()


def records(bootstrap: str, starts: Mapping[tuple[str, int], int]) -> Iterator[Stored]:
    """What has been written to the partitions since `starts`."""
    ends = {place: end for place, end in end_offsets(bootstrap, starts).items() if end > starts[place]}
    consumer = _consumer(bootstrap)
    consumer.assign([TopicPartition(*place, starts[place]) for place in ends])
    left = {partition: end for (_, partition), end in ends.items()}
    while left:
        message = consumer.poll(_POLL_S)
        if message is None or message.error() is not None:
            continue
        stored = _stored(message, time.time())
        yield stored
        if stored.partition in left and stored.offset + 1 >= left[stored.partition]:
            del left[stored.partition]
    consumer.close()


def ends(bootstrap: str, topic: str) -> dict[tuple[str, int], int]:
    """Where each partition of a topic ends now."""
    return end_offsets(bootstrap, [(topic, number) for number in range(layout(bootstrap)[topic])])


def _watch_topic(consumer: Consumer, watched: Watched, stop: threading.Event) -> None:
    while not stop.is_set():
        message = consumer.poll(_POLL_S)
        if message is not None and message.error() is None:
            watched.packets.append(_stored(message, time.time()))


def _watch_table(database: Path, watched: Watched, stop: threading.Event) -> None:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, check_same_thread=False)
    version, known = 0, connection.execute("select coalesce(max(rowid), 0) from packets").fetchone()[0]
    while not stop.wait(_LOOK_S):
        now = connection.execute("pragma data_version").fetchone()[0]
        if now == version:
            continue
        version, seen = now, time.time()
        for rowid, revision in connection.execute(
            "select rowid, revision_id from packets where rowid > ?", (known,)
        ):
            watched.rows.setdefault(revision, seen)
            known = max(known, rowid)
    connection.close()


def _at_the_end(bootstrap: str, topic: str) -> Consumer:
    consumer = _consumer(bootstrap)
    consumer.assign([TopicPartition(*place, end) for place, end in ends(bootstrap, topic).items()])
    return consumer


def _consumer(bootstrap: str) -> Consumer:
    """A consumer as any team would have one, with its client's own settings for waiting."""
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "bench", "enable.auto.commit": False})


def _stored(message: Message, seen: float) -> Stored:
    return Stored(
        message.partition() or 0, message.offset() or 0, message.timestamp()[1], message.value() or b"", seen
    )
