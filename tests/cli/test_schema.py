"""Bringing the tables to this version by hand, as an operator types it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from cli import schema
from sinks.schema import VERSION_TABLE, newest
from tests.sinks.driven import counted_connections


def _migrated(tmp_path: Path, database: str) -> Result:
    app = typer.Typer()
    schema.register(app)
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[sink]\ndatabase = "{database}"\n')
    return CliRunner().invoke(app, ["tables", "migrate", "--settings", str(settings)])


def test_the_tables_are_made_and_the_connection_is_closed(tmp_path: Path) -> None:
    """The version should be said, the second time as well."""
    with counted_connections() as still_open:
        for _ in range(2):
            answer = _migrated(tmp_path, f"sqlite:///{tmp_path}/incidents.db")
            assert (0, f"the tables are of version {newest()}\n") == (answer.exit_code, answer.output)
    assert not still_open


def test_newer_tables_are_one_line_and_the_connection_is_closed(tmp_path: Path) -> None:
    """An older program should end with what to do."""
    database = f"sqlite:///{tmp_path}/incidents.db"
    _migrated(tmp_path, database)
    with closing(sqlite3.connect(tmp_path / "incidents.db")) as connection, connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - a name of ours
    with counted_connections() as still_open:
        answer = _migrated(tmp_path, database)
    assert 1 == answer.exit_code
    assert "start the newer one" in answer.output
    assert not still_open
