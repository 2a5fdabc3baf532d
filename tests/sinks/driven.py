"""Owns driving a sink in a test: sending packets, stepping until all is stored, looking at the tables."""

from typing import Any

from sqlalchemy import Select, select

from schemas.packets import Candidate, Packet, Proposal
from schemas.settings import Settings
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


def drain(sink: Sink) -> None:
    """Step until nothing more has come for a moment."""
    eventually(lambda: sink.step(0.5) == 0, 60, "the sink has read everything")


def rows_of(settings: Settings, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """What a query finds in the sink's tables."""
    engine = open_database(settings.sink.database)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(statement)]
    engine.dispose()
    return rows


def stored(settings: Settings) -> None:
    """One sink, from its start until it has read everything."""
    sink = Sink(settings)
    drain(sink)
    sink.close()


def all_rows(settings: Settings) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table, without the time of storing."""
    tables = {table: [c for c in table.columns if c.name != "stored_at"] for table in METADATA.sorted_tables}
    return {table.name: set(rows_of(settings, select(*columns))) for table, columns in tables.items()}
