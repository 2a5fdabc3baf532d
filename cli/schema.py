"""Owns `incidents tables`: bringing a database to this version, and letting somebody read its views.

May not: hold logic; `sinks.schema` and `sinks.reader_role` do it. The sink migrates by itself at its start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cli.console import fail, speaks_plainly
from cli.printing import AsJson, printed
from cli.processes import SettingsPath
from cli.settings_file import load_settings
from sinks.columns import plain
from sinks.database import DatabaseProblem, opened, patiently, told
from sinks.reader_role import make_reader
from sinks.schema import migrate as migrated

_NAME = typer.Option("--name", help="Login to make; one that is there gets the password.")
_PASSWORD = typer.Option(
    "--password",
    help="Its password; asked for where neither this nor the variable says it.",
    envvar="INCIDENTS_READER_PASSWORD",
    prompt=True,
    hide_input=True,
    show_envvar=True,
)


def register(app: typer.Typer) -> None:
    """Adds the command group."""
    tables = typer.Typer(help="The SQL tables: migrations and readers.", no_args_is_help=True)
    tables.callback()(_group)
    for command in (migrate, reader):
        tables.command()(speaks_plainly(command))
    app.add_typer(tables, name="tables", rich_help_panel="Processes, one each")


def migrate(settings: SettingsPath = None, *, as_json: AsJson = False) -> None:
    """Bring tables and views to this version, as the sink does at its start; again changes nothing."""
    try:
        with _open(settings) as engine:
            version = patiently(engine, lambda: migrated(engine))
    except DatabaseProblem as problem:
        fail(problem)
    printed(f"the tables are of version {version}\n", {"version": version}, as_json=as_json)


def reader(
    password: Annotated[str, _PASSWORD],
    settings: SettingsPath = None,
    name: Annotated[str, _NAME] = "grafana",
    *,
    as_json: AsJson = False,
) -> None:
    """Make a login on Postgres that can read the views and nothing else, for dashboards."""
    try:
        with _open(settings) as engine:
            try:
                make_reader(engine, name, password)
            except SQLAlchemyError as problem:
                fail(told(engine, problem))
    except DatabaseProblem as problem:
        fail(problem)
    printed(f"{plain(name)} can read the views, and nothing else\n", {"reader": name}, as_json=as_json)


@contextmanager
def _open(settings: Path | None) -> Iterator[Engine]:
    engine = opened(load_settings(settings).sink.database)
    try:
        yield engine
    finally:
        engine.dispose()


def _group() -> None:
    """The SQL tables: migrations and readers."""
