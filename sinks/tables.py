"""Owns the SQL tables: their columns, what a row's identity is, how a database is opened.

May not: read Kafka, decide what is stored. No SQL here or elsewhere that only SQLite knows. Goes to: the
sink, which writes them, the reading commands, and whoever asks the database.

Times are microseconds since 1970 UTC. `body` is the whole message as JSON, for what has no column.
"""

import sqlite3
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import URL, make_url

METADATA: Final = MetaData()
_BUSY_MS: Final = 3_000
"""How long the database itself waits for another writer."""
_POSTGRES: Final = "postgresql+psycopg"
_POSTGRES_NAMES: Final = frozenset({"postgres", "postgresql"})
"""What people write in an address; SQLAlchemy would look for another driver, or none."""
_POSTGRES_CONNECTING: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "application_name": "incidents",
    "options": f"-c lock_timeout={_BUSY_MS}",
}
"""Bounds for a server that does not answer; what the address itself says holds before them."""


def _key(name: str) -> Column[str]:
    """A part of the identity, made by us: what others publish has no bound, and is digested first."""
    return Column(name, String(200), primary_key=True)


def _at(name: str = "at") -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="")


def _maybe(name: str) -> Column[str]:
    return Column(name, Text)


SINK_OFFSETS: Final = Table(
    "sink_offsets",
    METADATA,
    _key("topic"),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)


def _candidate_columns() -> list[Column[Any]]:
    return [
        Column("revision", Integer, nullable=False),
        _text("environment"),
        Column("short_id", String(40), nullable=False),
        _text("phase"),
        _text("state"),
        _text("title"),
        _text("severity"),
        _at("opened_at"),
        _at("last_activity_at"),
        Column("alerts", Integer, nullable=False),
        Column("repeats", Integer, nullable=False),
        _maybe("owner"),
        _maybe("top_suspect"),
        _maybe("merged_into"),
        _maybe("continues"),
        Column("signals_partition", Integer, nullable=False),
        Column("signals_offset", BigInteger, nullable=False),
        _text("build"),
        _text("settings_hash"),
        _at("cut_at"),
        _text("body"),
    ]


CANDIDATE_REVISIONS: Final = Table(
    "candidate_revisions",
    METADATA,
    _key("tenant"),
    _key("candidate_id"),
    _key("revision_id"),
    *_candidate_columns(),
)
CANDIDATES: Final = Table(
    "candidates",
    METADATA,
    _key("tenant"),
    _key("candidate_id"),
    Column("revision_id", String(200), nullable=False),
    *_candidate_columns(),
    Index("candidates_by_short_id", "short_id"),
    Index("candidates_by_time", "tenant", "opened_at"),
)
MEMBERS: Final = Table(
    "members",
    METADATA,
    _key("tenant"),
    _key("candidate_id"),
    _key("member_id"),
    _text("fingerprint"),
    _at("starts_at"),
    _text("name"),
    _maybe("service"),
    _text("rule"),
    _maybe("linked_to"),
    Column("score", Float, nullable=False),
)
PACKETS: Final = Table(
    "packets",
    METADATA,
    _key("tenant"),
    _key("candidate_id"),
    _key("revision_id"),
    Column("revision", Integer, nullable=False),
    Column("signals_offset", BigInteger, nullable=False),
    _at("cut_at"),
    _at("stored_at"),
    _text("body"),
    Index("packets_by_storing", "stored_at"),
)
CLAIMS: Final = Table(
    "claims",
    METADATA,
    _key("tenant"),
    _key("candidate_id"),
    _key("revision_id"),
    Column("number", Integer, primary_key=True),
    _text("text"),
    _text("claimed"),
    _text("evidence"),
    Column("proven", Boolean, nullable=False),
    _text("unproven"),
)
EVIDENCE: Final = Table(
    "evidence",
    METADATA,
    _key("tenant"),
    _key("candidate_id"),
    _key("revision_id"),
    Column("evidence_id", String(40), primary_key=True),
    _text("kind"),
    _text("source_ref"),
    _text("topic"),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    _text("content_hash"),
    _at(),
    _maybe("link"),
    Column("verified", Boolean, nullable=False),
    _text("missing"),
    Column("original_hash", String(64)),
    Index("evidence_by_original", "original_hash"),
)
ORIGINALS: Final = Table("originals", METADATA, _key("content_hash"), _text("original"))
CHANGES: Final = Table(
    "changes",
    METADATA,
    _key("tenant"),
    _key("change_id"),
    _text("source_ref"),
    _text("status"),
    _at("effective_at"),
    _text("kind"),
    _text("source"),
    _text("target"),
    _text("title"),
    _maybe("service"),
    _maybe("namespace"),
    _maybe("environment"),
    _maybe("before"),
    _maybe("after"),
    _maybe("actor"),
    Column("suspectable", Boolean, nullable=False),
    _text("verdict"),
    _maybe("link"),
    _text("names"),
    _text("topic"),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    _text("content_hash"),
    Index("changes_by_time", "tenant", "effective_at"),
    Index("changes_by_original", "content_hash"),
)
PROPOSALS: Final = Table(
    "proposals",
    METADATA,
    _key("tenant"),
    _key("proposal_id"),
    Column("candidate_id", String(200), nullable=False),
    _text("environment"),
    _text("action"),
    _text("target"),
    _text("tier"),
    _maybe("to"),
    _text("rollback"),
    _text("verification"),
    _at("proposed_at"),
    _text("body"),
)
AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("partition", Integer, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("source_topic", String(200), nullable=False),
    Column("source_partition", Integer, nullable=False),
    Column("source_offset", BigInteger, nullable=False),
    Column("source_index", Integer, nullable=False),
    _maybe("decision_id"),
    _maybe("tenant"),
    _maybe("subject"),
    _maybe("decision"),
    _maybe("actor"),
    Column("at", BigInteger),
    _maybe("details"),
    # Of looks at packets alone: their subjects are ids of ours, while others' may be longer than an index takes.
    Index(
        "audit_views",
        "tenant",
        "subject",
        sqlite_where=text("decision = 'viewed'"),
        postgresql_where=text("decision = 'viewed'"),
    ),
)
DEAD_LETTERS: Final = Table(
    "dead_letters",
    METADATA,
    _key("letter_id"),
    _text("tenant"),
    _text("source"),
    _text("reason"),
    _text("detail"),
    _maybe("topic"),
    Column("partition", Integer),
    Column("offset", BigInteger),
    _at("received_at"),
    Column("original", LargeBinary, nullable=False),
    _text("original_hash"),
    Column("original_size", BigInteger, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Index("dead_letters_by_time", "received_at"),
)


def open_database(address: str) -> Engine:
    """The database at a SQLAlchemy address; nothing is connected yet. Raises sqlalchemy.exc.ArgumentError.

    `postgresql://` means the driver that is installed here. A password may be left out of the address:
    PGPASSWORD and PGPASSFILE say it, as for every program that speaks to Postgres.
    """
    url = make_url(address)
    if url.drivername in _POSTGRES_NAMES:
        url = url.set(drivername=_POSTGRES)
    engine = create_engine(url, connect_args=_connecting(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def _connecting(url: URL) -> dict[str, str]:
    if url.get_backend_name() != "postgresql":
        return {}
    return {name: value for name, value in _POSTGRES_CONNECTING.items() if name not in url.query}


def _tune_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Readers beside the writer, and a bounded wait for another writer.

    NORMAL loses at most the last transactions in a power cut, with their offsets: they are read again.
    """
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")
