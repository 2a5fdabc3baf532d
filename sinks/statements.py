"""Owns the statements that write whole rows: each made once a table, and given to the driver with all rows at once.

SQLAlchemy writes the text, for each database its own; handing it every row by itself would cost more than the database
takes to store them. And how many identities a statement asks for. May not: open or end a transaction. Goes to:
`sinks.store`, `sinks.shown`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

from sinks.rows import Values

_Insert = postgresql.Insert | sqlite.Insert
_INSERTS: Final[Mapping[str, Callable[[Table], _Insert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
"""How each database says what becomes of a row that is there already."""
_REMEMBERED: Final = 256
_CHUNK: Final = 400
"""Identities asked for in one statement: below every database's limit of parameters."""
T = TypeVar("T")


class _Statement(NamedTuple):
    """A text of SQL with a place for each column, and how a row's values are handed over with it."""

    text: str
    taken: Callable[[Values], Any]


def chunks(identities: Sequence[T]) -> Iterator[Sequence[T]]:
    """The identities in as many parts as it takes statements to ask for them."""
    return (identities[start : start + _CHUNK] for start in range(0, len(identities), _CHUNK))


def insert_new(connection: Connection, table: Table, rows: Iterable[Values]) -> None:
    """Insert the rows whose identity is not there yet; columns that a row does not name are NULL."""
    _run(connection, _keeping(table, connection.dialect), rows)


def insert_or_replace(connection: Connection, table: Table, rows: Iterable[Values]) -> None:
    """Insert the rows, in place of those with the same identity."""
    _run(connection, _replacing(table, connection.dialect), rows)


def _run(connection: Connection, statement: _Statement, rows: Iterable[Values]) -> None:
    taken = list(map(statement.taken, rows))
    if taken:
        connection.exec_driver_sql(statement.text, taken)


@lru_cache(_REMEMBERED)
def _keeping(table: Table, dialect: Dialect) -> _Statement:
    return _statement(table, dialect, _INSERTS[dialect.name](table).on_conflict_do_nothing())


@lru_cache(_REMEMBERED)
def _replacing(table: Table, dialect: Dialect) -> _Statement:
    insert = _INSERTS[dialect.name](table)
    others = {each.name: insert.excluded[each.name] for each in table.columns if not each.primary_key}
    return _statement(
        table, dialect, insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)
    )


def _statement(table: Table, dialect: Dialect, insert: _Insert) -> _Statement:
    names = table.columns.keys()
    compiled = insert.compile(dialect=dialect, column_keys=names)
    by_place = bool(getattr(compiled, "positional", False))
    return _Statement(str(compiled), _in_order(names) if by_place else _by_name(names))


def _in_order(names: Iterable[str]) -> Callable[[Values], tuple[Any, ...]]:
    return lambda values: tuple(map(values.get, names))


def _by_name(names: Iterable[str]) -> Callable[[Values], Values]:
    return lambda values: {name: values.get(name) for name in names}
