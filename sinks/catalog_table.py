"""Owns the table of the service catalog: every version of every entry, each with the moment from which it counts.

So what was known at any moment can be asked for, which is how readiness is told over time. Goes to: `sinks.rows`.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

from sinks.tables import METADATA

CATALOG_ENTRIES: Final = Table(
    "catalog_entries",
    METADATA,
    Column("tenant", String(200), primary_key=True),
    Column("entry_id", String(200), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text),
    Column("deleted", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Index("catalog_entries_by_time", "tenant", "since"),
)
"""`body`: the entry without its original, as JSON."""
