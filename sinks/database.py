"""Owns what is done when the database does not answer: a bounded number of tries, then one clear line.

May not: know the tables. Goes to: the sink and the reading commands.
"""

from collections.abc import Callable
from typing import Final, TypeVar

import stamina
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, SQLAlchemyError

from sinks.tables import open_database

T = TypeVar("T")

PATIENCE_S: Final = 30.0
"""How long a locked or absent database is tried again before the process gives up."""
_LINES: Final = (
    ("database is locked", "stays locked: another program holds it; end that program"),
    ("database or disk is full", "has no room left: make room on its disk"),
    ("No space left on device", "has no room left: make room on its disk"),
    ("unable to open database file", "cannot be opened: make its folder, and let it be written to"),
    ("readonly database", "cannot be written to: change its permissions"),
    ("file is not a database", "is not a database: set sink.database to another file"),
    ("Connection refused", "does not answer: start it, or set sink.database to where it is"),
)
"""What databases say, and how a person is told."""
_HOPELESS: Final = ("full", "No space left", "not a database", "readonly", "unable to open", "no such table")


class DatabaseProblem(RuntimeError):
    """The database cannot be used. The text is one line for a person."""


def opened(address: str) -> Engine:
    """The database at a SQLAlchemy address, not yet connected. Raises DatabaseProblem for a bad address."""
    try:
        return open_database(address)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as wrong:
        raise DatabaseProblem(
            f"sink.database is not a usable address ({_first_line(wrong)}); write it like sqlite:///incidents.db"
        ) from wrong


def patiently(engine: Engine, work: Callable[[], T]) -> T:
    """What `work` gives; tried again for PATIENCE_S while the database is locked or absent.

    Raises DatabaseProblem with one line when it stays so, or at once where waiting cannot help.
    """
    try:
        for attempt in stamina.retry_context(on=_passing, attempts=None, timeout=PATIENCE_S, wait_max=2.0):
            with attempt:
                return work()
    except SQLAlchemyError as error:
        raise DatabaseProblem(told(engine, error)) from error
    raise AssertionError("the last attempt returns or raises")


def told(engine: Engine, error: Exception) -> str:
    """The line for a person; passwords are left out."""
    address = engine.url.render_as_string(hide_password=True)
    text = str(error)
    for sign, line in _LINES:
        if sign in text:
            return f"the database {address} {line}; nothing is lost, start again afterwards"
    return f"the database {address} cannot be used: {_first_line(error)}"


def _passing(error: Exception) -> bool:
    """True for what may be over in a moment: a lock, a restart."""
    return isinstance(error, DatabaseError) and not any(sign in str(error) for sign in _HOPELESS)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
