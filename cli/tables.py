"""Owns what every command needs that looks at what is stored: whose settings, and a connection to the tables.

May not: ask anything, change anything. Goes to: the commands that read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cli.console import fail
from cli.settings_file import BadSettings, load_settings
from local.home import Home
from schemas.settings import Settings
from sinks.database import DatabaseProblem, opened, told
from sinks.queries import NotFound

T = TypeVar("T")

_HOME: Final = Path(".incidents")
_SQLITE: Final = "sqlite:///"

HomePath = Annotated[
    Path | None, typer.Option("--home", help="Folder of a local system.", envvar="INCIDENTS_HOME")
]
SettingsPath = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file (TOML).", envvar="INCIDENTS_SETTINGS", exists=True),
]


def found_settings(home: Path | None, settings: Path | None) -> Settings:
    """Those of the file, else of the local system in the named or usual folder, else the defaults."""
    if settings is not None:
        return load_settings(settings)
    if home is not None:
        return load_settings(_of_a_system(home))
    usual = Home(_HOME.absolute()).settings
    return load_settings(usual if usual.is_file() else None)


def _of_a_system(home: Path) -> Path:
    path = Home(home.absolute()).settings
    if not path.is_file():
        raise BadSettings(f"no system was started in {home}: `incidents up --home {home}` starts one")
    return path


def local_home(home: Path | None) -> Path | None:
    """The folder of the local system that is meant: the named one, else the usual one where there is one."""
    if home is not None:
        return home.absolute()
    return _HOME.absolute() if Home(_HOME.absolute()).settings.is_file() else None


def read_tables(home: Path | None, settings: Path | None, ask: Callable[[Connection], T]) -> T:
    """What `ask` finds in the tables; every problem is one line and exit code 1."""
    try:
        with connected(found_settings(home, settings).sink.database) as connection:
            return ask(connection)
    except NotFound as problem:
        fail(problem)


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    """The tables at an address for as long as the block; every problem with them is one line and exit code 1."""
    try:
        _check_there(address)
        engine = opened(address)
    except DatabaseProblem as problem:
        fail(problem)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as problem:
        fail(told(engine, problem))
    finally:
        engine.dispose()


def is_there(address: str) -> bool:
    """Whether the file of an SQLite address exists; of a server nobody knows before asking it."""
    path = address.removeprefix(_SQLITE)
    return not address.startswith(_SQLITE) or not path or Path(path).is_file()


def _check_there(address: str) -> None:
    """A reader must not make an empty database where the sink has none."""
    if not is_there(address):
        path = address.removeprefix(_SQLITE)
        raise DatabaseProblem(
            f"there is no database {path}: name the system with --home or --settings, or start the sink"
        )
