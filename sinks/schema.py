"""Owns bringing a database to the tables and views of this version: all steps or none, one process at a time.

May not: touch a row. Goes to: the sink at its start, and `incidents tables migrate`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, func, inspect, select

from sinks.database import DatabaseProblem
from sinks.reader_role import grant_views
from sinks.tables import SINK_OFFSETS
from sinks.views import create_views, drop_views

VERSION_TABLE: Final = "incidents_schema"
_FOLDER: Final = Path(__file__).parent / "migrations"
_FIRST: Final = "0001"
"""The version of a database that has tables and says none: those from before there were migrations."""
_LOCK: Final = 7_301_966
"""A number of ours for Postgres's advisory locks."""


def migrate(engine: Engine) -> str:
    """Bring the database to this version's tables and views, and give its version; doing it again changes nothing.

    Raises DatabaseProblem where the tables are newer than this program, and SQLAlchemy's errors.
    """
    with _alone(engine) as connection:
        config = _config(connection)
        try:
            if version(connection) is None and inspect(connection).has_table(SINK_OFFSETS.name):
                command.stamp(config, _FIRST)
            drop_views(connection)
            command.upgrade(config, "head")
        except CommandError as newer:
            raise DatabaseProblem(
                f"the tables are of version {version(connection)}, newer than this program: start the newer one"
            ) from newer
        create_views(connection)
        grant_views(connection)
        return version(connection) or ""


def version(connection: Connection) -> str | None:
    """The version of the tables; None where there are none, or none that say so."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def newest() -> str:
    """The version that this program works with."""
    return ScriptDirectory(str(_FOLDER)).get_current_head() or ""


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction in which tables can be made, too, and that no other process is in at the same time."""
    if engine.dialect.name == "sqlite":
        # The driver would begin one only before a row is written, so that half a migration could stay.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
        return
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        yield connection


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
