"""Postgres as it fails in earnest: away, wrong password, no rights, restarted; each is one line, none loses a row."""

import getpass
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.engine import URL, make_url

from local.ports import HOST, free_ports
from schemas.audit import DeadLetter
from sinks import database
from sinks.database import DatabaseProblem, opened, patiently
from sinks.rows import letter_row
from sinks.store import create_tables, load_offsets, write
from sinks.tables import DEAD_LETTERS
from tests.postgres import MISSING, databases_on, execute, programs, running
from tests.schemas.examples import example

AFTER = {("alerts", 0): 1}


@pytest.fixture
def make(postgres: str) -> Iterator[Callable[[], str]]:
    """A maker of new databases on Postgres."""
    with databases_on(postgres) as make:
        yield make


def _refused(address: str | URL) -> str:
    """The line that a process ends with that tries to use the database."""
    text = address if isinstance(address, str) else address.render_as_string(hide_password=False)
    engine = opened(text)
    with pytest.raises(DatabaseProblem) as problem:
        patiently(engine, lambda: create_tables(engine))
    engine.dispose()
    assert str(problem.value).isprintable()
    return str(problem.value)


def _letter(detail: str) -> DeadLetter:
    letter = example("dead-letters")
    assert isinstance(letter, DeadLetter)
    return letter.model_copy(update={"detail": detail})


def _store(engine: Engine, detail: str) -> None:
    patiently(engine, lambda: write(engine, [letter_row(_letter(detail))], [], load_offsets(engine), AFTER))


def test_a_server_that_is_away_is_tried_again_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers, the line should come after the patience is over and name the address."""
    monkeypatch.setattr(database, "PATIENCE_S", 0.5)
    line = _refused(f"postgresql://somebody:hidden@{HOST}:{free_ports(1)[0]}/incidents")
    assert "does not answer: start it" in line
    assert "hidden" not in line


def test_a_wrong_password_is_told_at_once(make: Callable[[], str]) -> None:
    """Waiting does not help: one line should say where the password belongs, and show none."""
    line = _refused(make_url(make()).set(password="wrong one"))  # noqa: S106 - of nobody
    assert "refuses the password: set it in sink.database or in PGPASSWORD" in line
    assert "wrong one" not in line


def test_the_password_may_come_from_the_environment(
    make: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address without a password should work with PGPASSWORD, so that settings hold no secret."""
    url = make_url(make())
    monkeypatch.setenv("PGPASSWORD", url.password or "")
    without = URL.create(url.drivername, url.username, None, url.host, url.port, url.database)
    engine = opened(str(without))
    create_tables(engine)
    assert {} == load_offsets(engine)
    engine.dispose()


def test_a_database_that_is_not_there_is_told_at_once(postgres: str) -> None:
    """A mistyped name should be one line."""
    assert "is not there: create the database" in _refused(make_url(postgres).set(database="nowhere"))


def test_a_user_without_rights_is_told_at_once(postgres: str, make: Callable[[], str]) -> None:
    """A user who may not create tables should be named the remedy."""
    address, name = make(), f"reader_{getpass.getuser()}"
    execute(
        address, f"CREATE ROLE {name} LOGIN PASSWORD 'reader'", "REVOKE CREATE ON SCHEMA public FROM public"
    )
    try:
        line = _refused(make_url(address).set(username=name, password="reader"))  # noqa: S106 - of a user who lives for a moment
    finally:
        execute(postgres, f"DROP ROLE {name}")
    assert "does not let this user write: grant it" in line


def test_a_server_that_only_reads_is_told_at_once(make: Callable[[], str]) -> None:
    """A standby takes no writes: the line should say so."""
    read_only = {"options": "-c default_transaction_read_only=on"}
    line = _refused(make_url(make()).update_query_dict(read_only))
    assert "can only be read: set sink.database to the server that takes writes" in line


def test_others_words_in_a_row_do_not_decide_what_is_told(make: Callable[[], str]) -> None:
    """A text like a database's own complaint should be stored like any other, NUL included."""
    engine = opened(make())
    create_tables(engine)
    _store(engine, "password authentication failed\x00: disk is full")
    with engine.connect() as connection:
        told = connection.execute(select(DEAD_LETTERS.c.detail)).scalar_one()
    engine.dispose()
    assert "password authentication failed\ufffd: disk is full" == told


def test_a_server_that_restarts_is_waited_for() -> None:
    """A writer whose server was away for a moment should store everything once it is back, each row once."""
    found = programs()
    if found is None:
        pytest.skip(MISSING)
    with running(found) as server:
        engine = opened(server.address)
        create_tables(engine)
        server.stop()
        tries = []

        def store() -> None:
            tries.append(1)
            if len(tries) == 2:
                server.start()
            write(engine, [letter_row(_letter("kept"))], [], {}, AFTER)

        patiently(engine, store)
        assert AFTER == load_offsets(engine)
        assert len(tries) > 1
        engine.dispose()
