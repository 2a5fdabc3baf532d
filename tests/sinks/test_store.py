"""Storing: repeats, any cut into batches and any order of revisions give the same tables."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from schemas.audit import DeadLetter
from schemas.codec import encode
from schemas.events import HEADER_TENANT, HEADER_TICK
from schemas.model import Message
from schemas.settings import Settings
from sinks.batch import Batch, Incoming
from sinks.proving import packet_rows, place_of, resolve
from sinks.store import AnotherSink, create_tables, load_offsets, write
from sinks.tables import CANDIDATES, CHANGES, DEAD_LETTERS, MEMBERS, METADATA, PACKETS, open_database
from tests.postgres import databases_on
from tests.schemas.examples import example
from tests.sinks.published import TENANT, at_hand, cite, revise
from wire.reader import Place

HEADERS = {HEADER_TENANT: TENANT.encode()}
PLACES, ORIGINALS = at_hand()
Published = tuple[str, Message]


def _history() -> list[Published]:
    """What the topics hold after two incidents: three revisions each, changes, a letter, an audit line."""
    records: list[Published] = []
    for name in ("one", "two"):
        for number in (1, 2, 3):
            members = cite(PLACES).candidate.members[:number]
            packet = revise(cite(PLACES), name, number, members=members, title=f"{name} at {number}")
            records += [("incident-candidates", packet.candidate), ("context-packets", packet)]
            records += [("action-proposals", proposal) for proposal in packet.candidate.proposals]
    for topic in ("deploys", "flags", "configs", "catalog", "feedback", "audit", "dead-letters"):
        records.append((topic, example(topic)))
    return records


HISTORY = _history()


def _database(address: str = "sqlite://") -> Engine:
    """The database at an address, its tables empty; without one in memory."""
    engine = open_database(address)
    create_tables(engine)
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(delete(table))
    return engine


@pytest.fixture
def engine(databases: Callable[[], str]) -> Iterator[Engine]:
    """A new database of each kind."""
    made = _database(databases())
    yield made
    made.dispose()


def _store(engine: Engine, records: Sequence[tuple[int, Published]]) -> None:
    """One batch, as the sink does it, with originals at hand instead of a broker."""
    batch = Batch()
    for offset, (topic, message) in records:
        batch.add(Incoming(Place(topic, 0, offset), encode(topic, message), HEADERS, at=0), Settings())
    for packet in batch.packets:
        answers = {e.id: resolve(e, ORIGINALS, {}) for e in packet.evidence}
        assert {place_of(e) for e in packet.evidence} <= ORIGINALS.keys()
        batch.rows += packet_rows(packet, answers, stored_at=0)
    write(engine, batch.rows, batch.candidates, load_offsets(engine), batch.after)


def _contents(engine: Engine) -> dict[str, set[tuple[object, ...]]]:
    """Every row of every table but the offsets."""
    with engine.connect() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(select(table))}
            for table in METADATA.sorted_tables
            if table.name != "sink_offsets"
        }


@pytest.fixture(scope="module")
def expected() -> dict[str, set[tuple[object, ...]]]:
    """The tables after everything has come once, in order, in one batch."""
    engine = _database()
    _store(engine, list(enumerate(HISTORY)))
    contents = _contents(engine)
    engine.dispose()
    return contents


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_repeats_in_any_order_and_any_cut_give_the_same_tables(
    expected: dict[str, set[tuple[object, ...]]], kind: str, request: pytest.FixtureRequest
) -> None:
    """Upserts by identity and revision should make order, repeats and batches invisible."""
    server = request.getfixturevalue("postgres") if kind == "postgres" else ""
    with databases_on(server) as make:
        _in_any_order(expected, make() if server else "sqlite://")


def _in_any_order(expected: dict[str, set[tuple[object, ...]]], address: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        numbers = range(len(HISTORY))
        repeated = data.draw(st.lists(st.sampled_from(numbers), max_size=10))
        order = data.draw(st.permutations([*numbers, *repeated]))
        cuts = sorted(data.draw(st.sets(st.integers(1, len(order) - 1), max_size=6)))
        records = [(number, HISTORY[number]) for number in order]
        engine = _database(address)
        for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
            _store(engine, records[start:end])
        assert expected == _contents(engine)
        engine.dispose()

    law()


def test_the_latest_revision_is_shown_with_its_members(expected: dict[str, set[tuple[object, ...]]]) -> None:
    """The list should show revision 3 of both candidates; all revisions should be kept."""
    shown = {(row[0], row[3]) for row in expected["candidates"]}
    assert {(TENANT, 3)} == shown
    assert 2 == len(expected["candidates"])
    assert (6, 6, 2) == tuple(len(expected[name]) for name in ("candidate_revisions", "packets", "proposals"))
    assert {member.fingerprint for member in cite(PLACES).candidate.members} == {
        row[3] for row in expected["members"]
    }


def test_the_first_content_of_a_revision_is_kept(engine: Engine) -> None:
    """A second record under the same revision should change nothing."""
    first = revise(cite(PLACES), "one", 1, title="first")
    second = revise(cite(PLACES), "one", 1, title="second")
    _store(engine, [(0, ("incident-candidates", first.candidate)), (0, ("context-packets", first))])
    _store(engine, [(1, ("incident-candidates", second.candidate)), (1, ("context-packets", second))])
    with engine.connect() as connection:
        assert ["first"] == list(connection.execute(select(CANDIDATES.c.title)).scalars())
        bodies = list(connection.execute(select(PACKETS.c.body)).scalars())
    assert [first.model_dump_json()] == bodies


def test_a_member_that_left_is_no_longer_listed(engine: Engine) -> None:
    """Members should be those of the latest revision, not of all."""
    both = revise(cite(PLACES), "one", 1)
    one = revise(cite(PLACES), "one", 2, members=both.candidate.members[:1])
    _store(engine, [(0, ("incident-candidates", both.candidate))])
    _store(engine, [(1, ("incident-candidates", one.candidate))])
    with engine.connect() as connection:
        assert 1 == len(list(connection.execute(select(MEMBERS))))


def test_offsets_moved_by_another_sink_stop_this_one_before_it_writes(engine: Engine) -> None:
    """A writer whose offsets are not the stored ones should write nothing and say who it met."""
    letter = example("dead-letters")
    assert isinstance(letter, DeadLetter)
    write(engine, [], [], {}, {("alerts", 0): 5})
    for before in ({}, {("alerts", 0): 4}):
        with pytest.raises(AnotherSink, match="another sink has written"):
            write(engine, [], [cite(PLACES).candidate], before, {("alerts", 0): 6})
    assert {("alerts", 0): 5} == load_offsets(engine)
    assert set() == _contents(engine)["candidates"]


def test_ticks_and_what_the_router_refuses_are_passed_over(engine: Engine) -> None:
    """Ticks, unknown tenants and undecodable changes should leave no row, and the offsets should move."""
    batch = Batch()
    change = encode("deploys", example("deploys"))
    for offset, (value, headers) in enumerate(
        [(b"", {HEADER_TICK: b"1"}), (change, {HEADER_TENANT: b"nobody"}), (change, {}), (b"junk", HEADERS)]
    ):
        batch.add(Incoming(Place("deploys", 0, offset), value, headers, at=0), Settings())
    write(engine, batch.rows, batch.candidates, {}, batch.after)
    assert {("deploys", 0): 4} == load_offsets(engine)
    assert all(not rows for rows in _contents(engine).values())


def test_a_record_of_ours_that_cannot_be_read_is_kept_as_a_dead_letter(engine: Engine) -> None:
    """Bytes that are no packet should stand in the table of dead letters, with place and reason."""
    batch = Batch()
    batch.add(Incoming(Place("context-packets", 3, 8), b"\x00\x00\x00\x00\x01junk", {}, at=7), Settings())
    write(engine, batch.rows, batch.candidates, {}, batch.after)
    with engine.connect() as connection:
        row = connection.execute(select(DEAD_LETTERS)).one()
    assert ("sink", "unknown_schema_id", "context-packets", 3, 8) == (
        row.source,
        row.reason,
        row.topic,
        row.partition,
        row.offset,
    )


def test_what_a_direct_producer_wrote_is_stored_redacted(engine: Engine) -> None:
    """A secret in a published change should not reach the tables."""
    secret = "ghp_" + "a1B2" * 9
    hidden = {"references": (f"image:x?token={secret}", "service:x"), "original": ""}
    change = example("configs").model_copy(update={**hidden, "title": f"set token={secret}"})
    listed = example("catalog").model_copy(update={**hidden, "depends_on": (f"service:{secret}",)})
    _store(engine, [(0, ("configs", change)), (1, ("catalog", listed))])
    assert secret not in str(_contents(engine))
    with engine.connect() as connection:
        assert "set " in connection.execute(select(CHANGES.c.title)).scalar_one()
