"""Owns the table of what people say about incidents: the raw material of misroutes, false pages and first updates.

May not: judge. Goes to: the sink, which fills it from the topic `feedback`, and the measures, which count it.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from sinks.tables import METADATA

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("tenant", String(200), primary_key=True),
    Column("feedback_id", String(200), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("candidate_id", String(200), nullable=False),
    Column("environment", Text, nullable=False, default=""),
    Column("person", Text, nullable=False, default=""),
    Column("via", String(40), nullable=False, default=""),
    Column("given_at", BigInteger, nullable=False),
    Column("source_ref", Text),
    Column("into", String(200)),
    Column("team", Text),
    Column("cause", Text),
    Column("undoes", String(200)),
    Column("note", Text, nullable=False, default=""),
    Column("body", Text, nullable=False, default=""),
    Index("feedback_by_candidate", "tenant", "candidate_id"),
)
