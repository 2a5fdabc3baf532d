"""Owns what is done when the database does not answer: a bounded number of tries, then one clear line.

May not: know the tables. Goes to: the sink and the reading commands.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import stamina
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, NoSuchModuleError, SQLAlchemyError

from sinks.tables import open_database

T = TypeVar("T")

PATIENCE_S: Final = 30.0
"""How long a locked or absent database is tried again before the process gives up."""
_SILENT: Final = ("Connection refused", "timeout expired", "server closed the connection", "shutting down")
_LINES: Final = (
    ("database is locked", "stays locked: another program holds it; end that program"),
    ("database or disk is full", "has no room left: make room on its disk"),
    ("No space left on device", "has no room left: make room on its disk"),
    ("unable to open database file", "cannot be opened: make its folder, and let it be written to"),
    ("readonly database", "cannot be written to: change its permissions"),
    ("file is not a database", "is not a database: set sink.database to another file"),
    ("no such table", "has no tables yet: start the sink"),
    ("lock timeout", "stays locked: another program holds it; end that program"),
    ("password authentication failed", "refuses the password: set it in sink.database or in PGPASSWORD"),
    ("no password supplied", "wants a password: set it in sink.database or in PGPASSWORD"),
    ("permission denied", "does not let this user write: grant it, or set another user in sink.database"),
    ("read-only transaction", "can only be read: set sink.database to the server that takes writes"),
    ('relation "', "has no tables yet: start the sink"),
    ("does not exist", "is not there: create the database or the user, or correct sink.database"),
    ("failed to resolve host", "cannot be found: correct the host in sink.database"),
    *((sign, "does not answer: start it, or set sink.database to where it is") for sign in _SILENT),
)
"""What databases say, and how a person is told."""
_HOPELESS: Final = (
    *("disk is full", "No space left", "not a database", "readonly", "unable to open", "no such table"),
    *("password authentication", "no password", "permission denied", "read-only", "does not exist"),
)


class DatabaseProblem(RuntimeError):
    """The database cannot be used. The text is one line for a person."""


def opened(address: str) -> Engine:
    """The database at a SQLAlchemy address, not yet connected. Raises DatabaseProblem for a bad address."""
    try:
        return open_database(address)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as wrong:
        raise DatabaseProblem(
            f"sink.database is not a usable address ({_first_line(wrong)}); write it like sqlite:///incidents.db "
            "or postgresql://user@host/database"
        ) from wrong


class SameFile:
    """Notices that an SQLite file was deleted or replaced: what is then written to it has no name, and is lost."""

    def __init__(self, engine: Engine) -> None:
        """The file as it is now, once it is there; of a server, and of a database in memory, nothing is looked at."""
        name = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = Path(name) if name and name != ":memory:" else None
        self._known = self._now()

    def check(self) -> None:
        """Raises DatabaseProblem where another file, or none, is in its place."""
        if self._now() != self._known:
            raise DatabaseProblem(
                f"the database {self._file} is not the file any more that was opened: it was deleted or replaced; "
                "start again, and the tables are made anew from the topics"
            )

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat() if self._file else None
        except FileNotFoundError:
            return None
        return (found.st_dev, found.st_ino) if found else None


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
    text = _said(error)
    for sign, line in _LINES:
        if sign in text:
            return f"the database {address} {line}; nothing is lost, start again afterwards"
    return f"the database {address} cannot be used: {_said(error)[:200]}"


def _passing(error: Exception) -> bool:
    """True for what may be over in a moment: a lock, a restart."""
    if isinstance(error, DataError) or not isinstance(error, DatabaseError):
        return False
    return not any(sign in _said(error) for sign in _HOPELESS)


def _said(error: Exception) -> str:
    """The database's own words in one line: neither the statement nor the values in it, which are others' texts."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
