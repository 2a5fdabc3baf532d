"""Owns driving a sink in a test: sending packets, stepping until all is stored, looking at the tables."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from sqlalchemy import Pool, Select, event, select

from schemas.packets import Candidate, Packet, Proposal
from schemas.settings import Settings
from sinks.batch import SINK_TOPICS
from sinks.sink import Sink
from sinks.tables import METADATA, open_database
from tests.facts import eventually
from tests.sinks.published import send


def send_packets(settings: Settings, packets: list[Packet]) -> None:
    """Send packets with their candidates and proposals, as the correlator does."""
    records: list[tuple[str, Candidate | Packet | Proposal]] = []
    for packet in packets:
        records += [("incident-candidates", packet.candidate), ("context-packets", packet)]
        records += [("action-proposals", proposal) for proposal in packet.candidate.proposals]
    send(settings.kafka.bootstrap, records)


def drain(sink: Sink, settings: Settings) -> None:
    """Step until all is stored that stands in the topics now, and maybe more that comes meanwhile."""
    ends = _ends(settings)

    def stored_all() -> bool:
        sink.step()
        return all(sink.positions.get(where, 0) >= end for where, end in ends.items())

    eventually(stored_all, 60, "the sink has read everything")


def _ends(settings: Settings) -> dict[tuple[str, int], int]:
    """Where each partition ends that holds a record still."""
    consumer = Consumer({"bootstrap.servers": settings.kafka.bootstrap, "group.id": "ends"})
    ends: dict[tuple[str, int], int] = {}
    for topic in SINK_TOPICS:
        for number in range(settings.kafka.partitions):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), 30)
            if low < high:
                ends[topic, number] = high
    consumer.close()
    return ends


def rows_of(settings: Settings, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """What a query finds in the sink's tables."""
    engine = open_database(settings.sink.database)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]
    finally:
        engine.dispose()


def stored(settings: Settings) -> None:
    """One sink, from its start until it has read everything."""
    with closing(Sink(settings)) as sink:
        drain(sink, settings)


def all_rows(settings: Settings) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table, without the time of storing."""
    tables = {table: [c for c in table.columns if c.name != "stored_at"] for table in METADATA.sorted_tables}
    return {table.name: set(rows_of(settings, select(*columns))) for table, columns in tables.items()}


@contextmanager
def counted_connections() -> Iterator[set[int]]:
    """The connections to databases that were opened in the block and are open still."""
    still_open: set[int] = set()

    def opened(connection: object, _record: object) -> None:
        still_open.add(id(connection))

    def closed(connection: object, _record: object) -> None:
        still_open.discard(id(connection))

    for name, heard in (("connect", opened), ("close", closed)):
        event.listen(Pool, name, heard)
    try:
        yield still_open
    finally:
        for name, heard in (("connect", opened), ("close", closed)):
            event.remove(Pool, name, heard)
