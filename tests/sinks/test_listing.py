"""Finding candidates, on SQLite and on Postgres: words, filters, pages, rights; ten thousand of them in time."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, insert

from sinks.listing import Listed, Wanted, known_values, listed, progress_of
from sinks.rows import candidate_row, member_row
from sinks.store import create_tables
from sinks.tables import CANDIDATES, MEMBERS, open_database
from tests.sinks.catalogued import change, store_published
from tests.sinks.page.site import fill, incident, short, store

_MANY = 10_000
_FIRST_VIEW_S = 1.0


@pytest.fixture
def filled(databases: Callable[[], str]) -> Iterator[Engine]:
    """The incidents of `fill`, in a database of each kind."""
    address = databases()
    fill(address)
    engine = open_database(address)
    yield engine
    engine.dispose()


def _find(engine: Engine, wanted: Wanted, only: str | None = None) -> Listed:
    within = None if only is None else CANDIDATES.c.tenant == only
    with engine.connect() as connection:
        return listed(connection, wanted, within)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(), {"one", "crew", "abroad", "hostile"}),
        (Wanted(words="CREW-rota"), {"crew"}),
        (Wanted(words="fare booking"), {"one", "crew", "abroad", "hostile"}),
        (Wanted(words="100%"), set()),
        (Wanted(words="_"), set()),
        (Wanted(service="fare-engine", owner="team-crew"), {"crew"}),
        (Wanted(state="merged"), {"gone"}),
        (Wanted(tenant="replay-demo"), {"again"}),
        (Wanted(replays=True), {"one", "crew", "abroad", "hostile", "again"}),
    ],
)
def test_words_and_filters_find_what_fits(filled: Engine, wanted: Wanted, names: set[str]) -> None:
    """Every word has to stand somewhere, in either case; signs mean themselves; replays and merged on demand."""
    found = _find(filled, wanted)
    assert (names, len(names)) == ({_name(line.candidate_id) for line in found.lines}, found.total)


def test_a_suspect_is_named_by_the_title_of_its_change(filled: Engine) -> None:
    """What people read is what the change was called; one that is not in the tables has no title."""
    address = filled.url.render_as_string(hide_password=False)
    suspect = incident("one").candidate.suspects[0].source_ref
    assert {None} == {line.suspect_title for line in _find(filled, Wanted()).lines}
    at = incident("one").candidate.opened_at
    store_published(address, [change("flags", "season prices on", at, source_ref=suspect)], at)
    titles = {_name(line.candidate_id): line.suspect_title for line in _find(filled, Wanted()).lines}
    assert "season prices on" == titles["one"]
    assert titles["abroad"] is None


def _name(candidate_id: str) -> str:
    named = ("one", "crew", "abroad", "hostile", "again", "gone")
    return next(name for name in named if incident(name).candidate.candidate_id == candidate_id)


def test_pages_hold_everything_once_in_order(filled: Engine) -> None:
    """Also where incidents began at the same instant."""
    met: list[str] = []
    wanted = Wanted(limit=3)
    while True:
        found = _find(filled, wanted)
        met += [line.candidate_id for line in found.lines]
        if not found.more:
            break
        wanted = Wanted(limit=3, after=(found.lines[-1].opened_at, found.lines[-1].candidate_id))
    assert (4, sorted(set(met))) == (found.total, met)


def test_rights_hold_for_the_list_its_count_and_its_choices(filled: Engine) -> None:
    """What somebody may not see should leave no trace."""
    found = _find(filled, Wanted(), only="elsewhere")
    assert ([short("abroad")], 1) == ([line.short_id for line in found.lines], found.total)
    with filled.connect() as connection:
        owners = known_values(connection, "owner", CANDIDATES.c.tenant == "elsewhere")
    assert ["team-fares"] == owners


def test_what_is_stored_moves_the_mark_that_streams_wait_for(databases: Callable[[], str]) -> None:
    """Nothing should be missed, and nothing be new where nothing came."""
    address = databases()
    store(address, [incident("one")])
    engine = open_database(address)
    with engine.connect() as connection:
        first = progress_of(connection)
        assert first == progress_of(connection)
    store(address, [incident("two")])
    with engine.connect() as connection:
        assert first != progress_of(connection)
    engine.dispose()


def test_ten_thousand_incidents_are_listed_and_searched_within_a_second(databases: Callable[[], str]) -> None:
    """A bad year's worth, by words, filters and pages; at the best of three: the machine may be busy."""
    engine = open_database(databases())
    create_tables(engine)
    multiply(engine)
    for wanted in (
        Wanted(),
        Wanted(words="incident-9999"),
        Wanted(service="fare-engine"),
        Wanted(words="nothing"),
        Wanted(words="fare incident-9"),
        Wanted(state="open", severity="critical", owner="team-fares", environment="production"),
        Wanted(after=(1, "c-")),
    ):
        taken, total = min(_timed(engine, wanted) for _ in range(3))
        assert taken < _FIRST_VIEW_S, wanted
        assert total in {0, 1, 1_111, _MANY}
    engine.dispose()


def _timed(engine: Engine, wanted: Wanted) -> tuple[float, int]:
    began = time.perf_counter()
    found = _find(engine, wanted)
    return time.perf_counter() - began, found.total


def multiply(engine: Engine, count: int = _MANY) -> None:
    """The example incident `count` times, a minute apart, each with its alerts."""
    candidate = incident("one").candidate
    first = candidate_row(candidate).values
    members = [member_row(candidate, member).values for member in candidate.members]
    rows = [
        first
        | {
            "candidate_id": f"c-{number:032x}",
            "short_id": f"INC-{number:06d}",
            "title": f"incident-{number} in production",
            "opened_at": first["opened_at"] - number * 60_000_000,
        }
        for number in range(count)
    ]
    alerts = [member | {"candidate_id": row["candidate_id"]} for row in rows for member in members]
    with engine.begin() as connection:
        connection.execute(insert(CANDIDATES), rows)
        connection.execute(insert(MEMBERS), alerts)
