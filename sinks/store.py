"""Owns writing: rows and the offsets they come from, in one transaction, each identity once.

May not: read Kafka, know how a row is made. Goes to: the database. The first content of an identity is kept,
and `candidates` shows the latest revision, so that repeats in any cut change nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, and_, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from schemas.packets import Candidate
from sinks.rows import Row, Values, candidate_row, member_rows
from sinks.schema import migrate
from sinks.tables import CANDIDATES, MEMBERS, ORIGINALS, SINK_OFFSETS

_CHUNK: Final = 400
"""Identities asked for in one statement: below every database's limit of parameters."""
_INSERTS: Final[Mapping[str, Callable[[Table], postgresql.Insert | sqlite.Insert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
"""How each database says that a row that is there already stays as it is."""

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
        for chunk in _chunks(sorted(set(hashes))):
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
    with engine.begin() as connection:
        # First, since it takes the write lock: two sinks cannot both pass here with the same offsets.
        _move_offsets(connection, before, after)
        for table, values in _by_table([*rows, *map(candidate_row, candidates)]).items():
            _insert_new(connection, table, values.values())
        for candidate in _latest(candidates):
            _show(connection, candidate)


def _move_offsets(connection: Connection, before: Offsets, after: Offsets) -> None:
    for (topic, partition), next_offset in sorted(after.items()):
        known = before.get((topic, partition))
        if known is None:
            _first_offset(connection, topic, partition, next_offset)
            continue
        there = and_(
            SINK_OFFSETS.c.topic == topic,
            SINK_OFFSETS.c.partition == partition,
            SINK_OFFSETS.c.next_offset == known,
        )
        moved = connection.execute(update(SINK_OFFSETS).where(there).values(next_offset=next_offset))
        if moved.rowcount != 1:
            raise AnotherSink


def _first_offset(connection: Connection, topic: str, partition: int, next_offset: int) -> None:
    try:
        connection.execute(
            insert(SINK_OFFSETS).values(topic=topic, partition=partition, next_offset=next_offset)
        )
    except IntegrityError as taken:
        raise AnotherSink from taken


def _by_table(rows: Iterable[Row]) -> dict[Table, dict[tuple[Any, ...], Values]]:
    """Rows by table and identity, the first of each identity."""
    tables: dict[Table, dict[tuple[Any, ...], Values]] = {}
    for table, values in rows:
        tables.setdefault(table, {}).setdefault(_identity(table, values), values)
    return tables


def _identity(table: Table, values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[column.name] for column in table.primary_key)


def _insert_new(connection: Connection, table: Table, rows: Iterable[Values]) -> None:
    """Insert the rows whose identity is not there yet."""
    keep_first = _INSERTS[connection.dialect.name](table).on_conflict_do_nothing()
    for chunk in _chunks([_whole(table, values) for values in rows]):
        connection.execute(keep_first, chunk)


def _whole(table: Table, values: Values) -> Values:
    """Every column by name: rows of one statement must have the same ones."""
    return {column.name: values.get(column.name) for column in table.columns}


def _latest(candidates: Sequence[Candidate]) -> Iterable[Candidate]:
    latest: dict[tuple[str, str], Candidate] = {}
    for candidate in sorted(candidates, key=_order):
        latest[candidate.tenant, candidate.candidate_id] = candidate
    return latest.values()


def _order(candidate: Candidate) -> tuple[int, int, str]:
    """Later revisions come later; between builds at the same ordinal the further log position decides."""
    revision = candidate.revision
    return revision.number, revision.offset, revision.revision_id


def _show(connection: Connection, candidate: Candidate) -> None:
    """Let `candidates` and `members` show this revision, unless they show a later one."""
    table, values = CANDIDATES, candidate_row(candidate).values
    ours = and_(table.c.tenant == candidate.tenant, table.c.candidate_id == candidate.candidate_id)
    order = select(table.c.revision, table.c.signals_offset, table.c.revision_id).where(ours)
    shown = connection.execute(order).first()
    if shown is None:
        connection.execute(insert(table), values)
    elif tuple(shown) < _order(candidate):
        connection.execute(update(table).where(ours).values(values))
    else:
        return
    _show_members(connection, candidate)


def _show_members(connection: Connection, candidate: Candidate) -> None:
    """Exactly the members of this revision."""
    table = MEMBERS
    ours = and_(table.c.tenant == candidate.tenant, table.c.candidate_id == candidate.candidate_id)
    wanted = {row.values["member_id"]: row.values for row in member_rows(candidate)}
    there = {row.member_id: dict(row._mapping) for row in connection.execute(select(table).where(ours))}  # noqa: SLF001 - SQLAlchemy's published name
    changed = [identity for identity, values in there.items() if wanted.get(identity) != values]
    for chunk in _chunks(changed):
        connection.execute(delete(table).where(ours, table.c.member_id.in_(chunk)))
    new = [values for identity, values in wanted.items() if there.get(identity) != values]
    if new:
        connection.execute(insert(table), new)


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
