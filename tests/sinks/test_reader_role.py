"""The login that dashboards use on Postgres: it reads every view, reads no table, and writes nothing."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from sinks.database import DatabaseProblem, opened
from sinks.reader_role import make_reader
from sinks.schema import migrate
from sinks.tables import METADATA
from sinks.views import VIEWS
from tests.postgres import databases_on, execute

_PASSWORD = 'it\'s 100% "secret"'  # noqa: S105 - of a test
_NAME = "test reader"


@pytest.fixture
def address(postgres: str) -> Iterator[str]:
    """A database with this version's tables, and a reader; the reader goes afterwards."""
    with databases_on(postgres) as make:
        made = make()
        engine = opened(made)
        migrate(engine)
        make_reader(engine, _NAME, _PASSWORD)
        engine.dispose()
        yield made
    execute(postgres, f'DROP ROLE IF EXISTS "{_NAME}"', "DROP ROLE IF EXISTS incidents_reader")


def _refused(address: str, statement: str) -> str:
    url = make_url(address).set(drivername="postgresql+psycopg", username=_NAME, password=_PASSWORD)
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except DBAPIError as refused:
        return str(refused.orig)
    finally:
        engine.dispose()
    return ""


@pytest.mark.parametrize("name", VIEWS)
def test_it_reads_every_view(address: str, name: str) -> None:
    """Also the ones that rest on others."""
    assert "" == _refused(address, f"SELECT * FROM {name}")  # noqa: S608 - a name of ours


def test_it_reads_no_table_and_writes_nothing(address: str) -> None:
    """Originals and dead letters are not for dashboards, nor is a change of anything."""
    for name in METADATA.tables:
        assert "permission denied" in _refused(address, f"SELECT * FROM {name}")  # noqa: S608 - the same
    lifted = (
        "SET default_transaction_read_only = off; SET transaction_read_only = off; DELETE FROM candidates"
    )
    assert "permission denied" in _refused(address, lifted)
    assert "read-only transaction" in _refused(address, "CREATE TABLE mine (number INTEGER)")


def test_it_still_reads_after_the_views_were_made_anew(address: str) -> None:
    """Each start of a sink makes them anew."""
    engine = opened(address)
    migrate(engine)
    engine.dispose()
    assert "" == _refused(address, "SELECT * FROM measures_by_day")


def test_a_second_time_sets_another_password(address: str) -> None:
    """Whoever lost the password should be able to set one."""
    engine = opened(address)
    make_reader(engine, _NAME, "another")
    engine.dispose()
    assert "password authentication failed" in _refused(address, "SELECT 1")


def test_sqlite_has_no_roles() -> None:
    """There it is a matter of the file's rights, and one line should say so."""
    with pytest.raises(DatabaseProblem, match="SQLite has no roles"):
        make_reader(opened("sqlite://"), _NAME, _PASSWORD)
