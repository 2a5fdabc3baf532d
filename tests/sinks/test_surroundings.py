"""What surrounds incidents, on SQLite and on Postgres: what followed each change, what pages most, who read what."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import ColumnElement, Engine, FromClause, insert, select

from schemas.audit import AuditEntry, AuditRecord, Position
from schemas.codec import encode
from schemas.identity import leaf_hash
from schemas.settings import REPLAY_PREFIX
from schemas.times import HOUR, MINUTE
from sinks.rows import Row, audit_row
from sinks.store import create_tables, write
from sinks.surroundings import Span, changes, noise, recorded_until
from sinks.tables import CHANGES, open_database
from sinks.views import PACKET_VIEWS
from tests.sinks.page.site import fill, incident, short

ONSET = incident("one").candidate.opened_at
DAY = Span(ONSET - 24 * HOUR, ONSET + HOUR)


@pytest.fixture
def database(databases: Callable[[], str]) -> str:
    """The incidents of `fill`, in a database of each kind."""
    address = databases()
    fill(address)
    return address


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """That database, opened."""
    made = open_database(database)
    yield made
    made.dispose()


def _change(engine: Engine, name: str, **facts: object) -> None:
    told = {
        "tenant": "default",
        "change_id": name,
        "source_ref": f"test:{name}",
        "status": "succeeded",
        "effective_at": ONSET - MINUTE,
        "kind": "deploy",
        "source": "test",
        "target": "service/other",
        "title": name,
        "suspectable": True,
        "verdict": "",
        "topic": "deploys",
        "partition": 0,
        "offset": 0,
        "content_hash": "",
    }
    with engine.begin() as connection:
        connection.execute(insert(CHANGES), told | facts)


def _followers(engine: Engine, span: Span = DAY) -> dict[str, list[tuple[str, bool]]]:
    with engine.connect() as connection:
        found = changes(connection, span)
    return {each.title: sorted((f.short_id, f.suspected) for f in each.followers) for each in found}


def test_an_incident_follows_the_change_that_it_suspects_and_those_on_its_services(engine: Engine) -> None:
    """By name, by service or by target; not what is elsewhere, in another environment, or changed nothing."""
    suspect = incident("one").candidate.suspects[0].source_ref
    ours = sorted(short(name) for name in ("one", "crew", "hostile"))
    _change(engine, "suspected", source_ref=suspect)
    _change(engine, "same service", service="fare-engine", environment="prod")
    _change(engine, "same target", target="service/booking-api")
    _change(engine, "unrelated", service="elsewhere")
    _change(engine, "in staging", service="fare-engine", environment="staging")
    _change(engine, "a read", service="fare-engine", suspectable=False, verdict="a read changes nothing")
    assert {
        "suspected": [(name, True) for name in ours],
        "same service": [(name, False) for name in ours],
        "same target": [(name, False) for name in ours],
        "unrelated": [],
        "in staging": [],
        "a read": [],
    } == _followers(engine)


@pytest.mark.parametrize(
    ("offset", "follows"),
    [
        (-120 * MINUTE, True),
        (-120 * MINUTE - 1, False),
        (MINUTE, True),
        (MINUTE + 1, False),
    ],
)
def test_an_incident_follows_within_two_hours(engine: Engine, offset: int, *, follows: bool) -> None:
    """And a minute ahead, since clocks differ; both ends count."""
    _change(engine, "near", service="fare-engine", effective_at=ONSET + offset)
    assert follows == bool(_followers(engine)["near"])


def test_start_and_end_of_a_change_are_one_line_that_says_what_became_of_it(engine: Engine) -> None:
    """A deploy that was started and then failed has failed."""
    _change(engine, "started", source_ref="test:deploy", status="started", effective_at=ONSET - 2 * MINUTE)
    _change(engine, "ended", source_ref="test:deploy", status="failed")
    with engine.connect() as connection:
        found = changes(connection, DAY)
    assert [("ended", "failed")] == [(each.title, each.status) for each in found]


def test_a_search_narrows_the_changes(engine: Engine) -> None:
    """Each word has to stand in a change."""
    _change(engine, "deploy of fares", actor="r.lindqvist")
    _change(engine, "deploy of seats", actor="m.okoro")
    with engine.connect() as connection:
        found = changes(connection, DAY, words="DEPLOY lindq")
    assert ["deploy of fares"] == [each.title for each in found]


def test_noise_counts_incidents_and_alerts_by_kind_and_what_was_suppressed(engine: Engine) -> None:
    """Four incidents of two kinds of alerts each, in two tenants; replays are not noise."""
    with engine.connect() as connection:
        found = noise(connection, DAY)
    told = {(each.tenant, each.alert): (each.incidents, each.alerts) for each in found.alerts}
    expected = {"default": 3, "elsewhere": 1}
    assert {
        (tenant, alert): (count, count)
        for tenant, count in expected.items()
        for alert in ("FareQuotesFailing", "BookingErrorsHigh")
    } == told
    counted = {each.what: each.count for each in found.suppressed}
    assert {
        "alerts that joined an incident": 4,
        "notifications folded": 28,
        "candidates merged": 1,
    } == counted
    assert 4 == found.incidents


def test_noise_keeps_to_what_its_reader_may_see(engine: Engine) -> None:
    """Another tenant's noise is nobody else's business."""

    def within(table: FromClause) -> ColumnElement[bool]:
        return table.c.tenant == "elsewhere"

    with engine.connect() as connection:
        found = noise(connection, DAY, within)
    assert (1, {"elsewhere"}) == (found.incidents, {each.tenant for each in found.alerts})


def test_a_replay_has_a_time_of_its_own(engine: Engine) -> None:
    """Its day ends with what was recorded, and its incidents are not among the lived ones."""
    with engine.connect() as connection:
        until = recorded_until(connection)
        assert until == incident("again").candidate.last_activity_at
        replayed = noise(connection, Span(until - HOUR, until, replays=True))
    assert {f"{REPLAY_PREFIX}demo"} == {each.tenant for each in replayed.alerts}


def test_who_read_what_is_counted(engine: Engine) -> None:
    """From the audit log, by reader: how often, first and last."""
    looks = [("anna", 10), ("anna", 30), ("finn", 20)]
    write(engine, [_look(n, who, at) for n, (who, at) in enumerate(looks)], [], {}, {})
    with engine.connect() as connection:
        rows = connection.execute(select(PACKET_VIEWS).order_by(PACKET_VIEWS.c.reader)).all()
    assert [("default", "c-1", "anna", 2, 10, 30), ("default", "c-1", "finn", 1, 20, 20)] == [
        tuple(r) for r in rows
    ]


def _look(number: int, reader: str, at: int) -> Row:
    entry = AuditEntry(
        decision_id=str(number),
        tenant="default",
        subject="c-1",
        decision="viewed",
        actor=reader,
        at=at,
        position=Position(topic="page", partition=0, offset=0),
        build="test",
        settings_hash="",
    )
    data = encode("audit-entries", entry)
    line = AuditRecord(sequence=number, entry=data, leaf_hash=leaf_hash(data), position=entry.position)
    return audit_row(0, line)


def test_views_are_made_anew_by_each_start(engine: Engine) -> None:
    """Doing it again, as every sink does, should change nothing."""
    before = _followers(engine)
    create_tables(engine)
    assert before == _followers(engine)
