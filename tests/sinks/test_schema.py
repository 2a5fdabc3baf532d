# ruff: noqa: S608 - names of ours
"""Bringing a database to this version's tables: from nothing, from the first tables, again, and never back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from sinks.catalog_table import CATALOG_ENTRIES
from sinks.database import DatabaseProblem
from sinks.feedback_table import FEEDBACK
from sinks.measures import DASHBOARD_VIEWS
from sinks.schema import VERSION_TABLE, migrate, newest, version
from sinks.tables import METADATA, open_database
from sinks.views import VIEWS

_FIRST = Path(__file__).parent / "schemas"
_LETTER = (
    "INSERT INTO dead_letters (letter_id, tenant, source, reason, detail, received_at, original, original_hash,"
    " original_size, restricted) VALUES ('d-1', 'default', 'github', 'not_json', '', 5, '', '', 0, false)"
)


@pytest.fixture
def engine(databases: Callable[[], str]) -> Iterator[Engine]:
    """A new, empty database."""
    made = open_database(databases())
    yield made
    made.dispose()


def _first(engine: Engine) -> None:
    """The tables as they were before there were migrations, with a row in them."""
    name = {"sqlite": "sqlite", "postgresql": "postgres"}[engine.dialect.name]
    said = (_FIRST / f"first_{name}.sql").read_text()
    with engine.begin() as connection:
        for statement in filter(str.strip, said.partition("\n")[2].split(";")):
            connection.execute(text(statement))
        connection.execute(text(_LETTER))


def _differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        ours = {"version_table": VERSION_TABLE, "include_object": lambda _object, name, *_: name not in VIEWS}
        return list(compare_metadata(MigrationContext.configure(connection, opts=ours), METADATA))


def test_an_empty_database_gets_what_the_code_says(engine: Engine) -> None:
    """The migrations together should give exactly the tables of `sinks.tables`, and every view."""
    assert {FEEDBACK.name, CATALOG_ENTRIES.name} <= METADATA.tables.keys()
    assert newest() == migrate(engine)
    assert [] == _differences(engine)
    assert set(VIEWS) == set(inspect(engine).get_view_names())


def test_the_first_tables_are_brought_to_this_version_with_their_rows(engine: Engine) -> None:
    """A database from before there were migrations should have the same tables as a new one, and its rows."""
    _first(engine)
    assert newest() == migrate(engine)
    assert [] == _differences(engine)
    with engine.connect() as connection:
        assert ["d-1"] == list(connection.execute(text("SELECT letter_id FROM dead_letters")).scalars())


def test_doing_it_again_changes_nothing(engine: Engine) -> None:
    """Each start of a sink does it."""
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(_LETTER))
    assert newest() == migrate(engine)
    with engine.connect() as connection:
        assert 1 == connection.execute(text("SELECT count(*) FROM dead_letters")).scalar()


def test_tables_of_a_newer_program_are_left_alone(engine: Engine) -> None:
    """An older program should say so in one line, and take no view away."""
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(
        DatabaseProblem, match="of version 9999, newer than this program: start the newer one"
    ):
        migrate(engine)
    assert set(VIEWS) == set(inspect(engine).get_view_names())


def test_a_migration_that_fails_leaves_everything_as_it_was(engine: Engine) -> None:
    """Half a step should never stay: here a table of the second step is in the way."""
    _first(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE feedback (strange INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(engine)
    with engine.connect() as connection:
        assert version(connection) is None
        assert not {"changes_by_original"} & {i["name"] for i in inspect(engine).get_indexes("changes")}


@pytest.mark.parametrize("name", DASHBOARD_VIEWS)
def test_a_view_has_the_columns_that_it_is_said_to_have(engine: Engine, name: str) -> None:
    """What docs/tables.md names should be what a dashboard finds."""
    migrate(engine)
    with engine.connect() as connection:
        assert list(DASHBOARD_VIEWS[name].columns) == list(
            connection.execute(text(f"SELECT * FROM {name}")).keys()
        )
