"""Owns the role on Postgres that may read the views and nothing else: for dashboards and whoever asks by SQL.

The tables stay closed to it: they hold originals and dead letters. May not: read or write a row. Goes to:
`sinks.schema`, which gives the role the views that it makes, and `incidents tables reader`.
"""

from typing import Final

from psycopg import sql
from sqlalchemy import Connection, Engine, text

from sinks.database import DatabaseProblem
from sinks.views import VIEWS

ROLE: Final = "incidents_reader"
"""The group; people and programs that log in are members of it."""


def grant_views(connection: Connection) -> None:
    """Let the role read every view, where there is such a role; views that are made anew have lost their grants."""
    if connection.dialect.name != "postgresql" or not _exists(connection, ROLE):
        return
    schema = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for what in (f"USAGE ON SCHEMA {schema}", f"SELECT ON {', '.join(VIEWS)}"):
        connection.execute(text(f"GRANT {what} TO {ROLE}"))


def make_reader(engine: Engine, name: str, password: str) -> None:
    """Make the role, and a login in it that can only read; one that is there gets this password.

    Raises DatabaseProblem on any database but Postgres, and SQLAlchemy's errors, such as for a lack of rights.
    """
    if engine.dialect.name != "postgresql":
        raise DatabaseProblem(
            "SQLite has no roles: let the user that may only read have no right to write the file"
        )
    with engine.begin() as connection:
        if not _exists(connection, ROLE):
            connection.execute(text(f"CREATE ROLE {ROLE} NOLOGIN"))
        verb = "ALTER" if _exists(connection, name) else "CREATE"
        login = sql.SQL("{} ROLE {} LOGIN PASSWORD {} NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
            sql.SQL(verb), sql.Identifier(name), sql.Literal(password)
        )
        read_only = sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(
            sql.Identifier(name)
        )
        member = sql.SQL("GRANT {} TO {}").format(sql.Identifier(ROLE), sql.Identifier(name))
        for statement in (login, read_only, member):
            connection.exec_driver_sql(statement.as_string().replace("%", "%%"))
        grant_views(connection)


def _exists(connection: Connection, role: str) -> bool:
    asked = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    return connection.execute(asked, {"role": role}).scalar() is not None
