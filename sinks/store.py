"""Owns writing: rows and the offsets they come from, in one transaction, each identity once.

May not: read Kafka, know how a row is made. Goes to: the database. The first content of an identity is kept,
and `candidates` shows the latest revision, so that repeats in any cut change nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from schemas.packets import Candidate
from sinks.rows import Row, Values, candidate_row
from sinks.schema import migrate
from sinks.shown import show
from sinks.statements import chunks, insert_new
from sinks.tables import ORIGINALS, SINK_OFFSETS

_MOVE: Final = (
    update(SINK_OFFSETS)
    .where(
        SINK_OFFSETS.c.topic == bindparam("of"),
        SINK_OFFSETS.c.partition == bindparam("number"),
        SINK_OFFSETS.c.next_offset == bindparam("known"),
    )
    .values(next_offset=bindparam("reached"))
)
"""Moves one offset from where it is known to be; no row is changed where another sink has moved it."""
Offsets = Mapping[tuple[str, int], int]
"""Next offset to read, by topic and partition."""


class AnotherSink(RuntimeError):
    """Somebody else has moved the offsets in this database since we read them."""

    def __init__(self) -> None:
        super().__init__("another sink has written to the same database; stop it, then start this one again")


def create_tables(engine: Engine) -> None:
    """Bring the tables and views to this version. Raises DatabaseProblem where they are newer."""
    migrate(engine)


def load_offsets(engine: Engine) -> dict[tuple[str, int], int]:
    """Where to read on."""
    with engine.connect() as connection:
        rows = connection.execute(select(SINK_OFFSETS))
        return {(row.topic, row.partition): row.next_offset for row in rows}


def kept_originals(engine: Engine, hashes: Iterable[str]) -> dict[str, str]:
    """The originals already kept, by content hash."""
    kept: dict[str, str] = {}
    with engine.connect() as connection:
        for chunk in chunks(sorted(set(hashes))):
            rows = connection.execute(select(ORIGINALS).where(ORIGINALS.c.content_hash.in_(chunk)))
            kept |= {row.content_hash: row.original for row in rows}
    return kept


def write(
    engine: Engine, rows: Iterable[Row], candidates: Sequence[Candidate], before: Offsets, after: Offsets
) -> None:
    """Store rows and candidates, and move the offsets from `before` to `after`, all or nothing.

    Raises AnotherSink when the stored offsets are not `before` (a partition missing there is missing in the
    table), and SQLAlchemy's errors.
    """
    revisions = list(map(candidate_row, candidates))
    with engine.begin() as connection:
        # First, since it takes the write lock: two sinks cannot both pass here with the same offsets.
        _move_offsets(connection, before, after)
        for table, values in _by_table([*rows, *revisions]).items():
            insert_new(connection, table, values.values())
        show(connection, zip(candidates, (row.values for row in revisions), strict=True))


def _move_offsets(connection: Connection, before: Offsets, after: Offsets) -> None:
    for (topic, partition), reached in sorted(after.items()):
        known = before.get((topic, partition))
        if known is None:
            _first_offset(connection, topic, partition, reached)
            continue
        move = {"of": topic, "number": partition, "known": known, "reached": reached}
        if connection.execute(_MOVE, move).rowcount != 1:
            raise AnotherSink


def _first_offset(connection: Connection, topic: str, partition: int, next_offset: int) -> None:
    try:
        connection.execute(
            insert(SINK_OFFSETS).values(topic=topic, partition=partition, next_offset=next_offset)
        )
    except IntegrityError as taken:
        raise AnotherSink from taken


def _by_table(rows: Iterable[Row]) -> dict[Table, dict[Any, Values]]:
    """Rows by table and identity, the first of each identity."""
    tables: dict[Table, dict[Any, Values]] = {}
    for table, values in rows:
        tables.setdefault(table, {}).setdefault(_identity_of(table)(values), values)
    return tables


@cache
def _identity_of(table: Table) -> Callable[[Values], Any]:
    """What gives the identity in a row of the table."""
    return itemgetter(*(column.name for column in table.primary_key))
