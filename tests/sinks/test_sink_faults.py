"""The sink under faults: kills, locks, a full disk, a missing broker; nothing is lost and each is one line."""

import random
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

from schemas.packets import Packet
from schemas.settings import KafkaSettings, Settings, SinkSettings
from sinks import database
from sinks.batch import SINK_TOPICS
from sinks.database import DatabaseProblem
from sinks.schema import VERSION_TABLE
from sinks.sink import Sink
from sinks.store import AnotherSink, load_offsets
from sinks.tables import CANDIDATES, PACKETS, open_database
from tests.children import started, told
from tests.facts import eventually
from tests.sinks.driven import all_rows, counted_connections, drain, rows_of, send_packets, stored
from tests.sinks.published import cite, revise
from tests.slow import mostly_held, slow_line
from wire.admin import end_offsets
from wire.errors import KafkaProblem, Unreachable
from wire.reader import Place


def _process(settings: Settings) -> AbstractContextManager[subprocess.Popen[str]]:
    return started("tests.sinks.run_process", settings.model_dump_json())


@contextmanager
def _watched(settings: Settings) -> Iterator[Callable[[], int]]:
    """The sum of the stored offsets, 0 before there is a table; over one connection, however often it is asked."""
    engine = open_database(settings.sink.database)

    def progress() -> int:
        try:
            return sum(load_offsets(engine).values())
        except (OperationalError, ProgrammingError):
            return 0

    try:
        yield progress
    finally:
        engine.dispose()


def _progress(settings: Settings) -> int:
    """The same, once."""
    with _watched(settings) as progress:
        return progress()


@contextmanager
def _held(address: str) -> Iterator[None]:
    """Somebody else holds the lock that writers need."""
    engine = open_database(address)
    locks = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "LOCK TABLE sink_offsets IN EXCLUSIVE MODE"}
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(locks[engine.dialect.name])
            yield
    finally:
        engine.dispose()


_MOST_KILLS = 6


def test_kill_9_at_any_moment_repeats_nothing_and_loses_nothing(
    configured: Settings, places: dict[str, Place], databases: Callable[[], str]
) -> None:
    """A sink that was killed again and again should leave the tables of one that never was."""
    packets = [revise(cite(places), f"killed-{n % 80}", 1 + n // 80) for n in range(800)]
    send_packets(configured, packets)
    wanted = sum(end_offsets(configured.kafka.bootstrap, _partitions(configured)).values())
    chance = random.Random(7)  # noqa: S311 - when to kill, the same in every run
    kills = 0
    with _watched(configured) as progress:
        while (before := progress()) < wanted and kills < _MOST_KILLS:
            bound = min(before + chance.randrange(1, 300), wanted)
            with _process(configured):
                eventually(lambda: progress() >= bound, 60, "the sink makes progress")  # noqa: B023
            kills += 1
    assert kills > 1
    stored(configured)
    calm = configured.model_copy(update={"sink": SinkSettings(database=databases())})
    stored(calm)
    assert all_rows(calm) == all_rows(configured)
    shown = [(row[0],) for row in rows_of(configured, select(CANDIDATES.c.revision))]
    assert 80 <= shown.count((10,))


def test_sigterm_ends_in_order(configured: Settings, places: dict[str, Place]) -> None:
    """A sink that is told to stop should leave with 0."""
    send_packets(configured, [cite(places, "ended")])
    with _process(configured) as process, _watched(configured) as progress:
        eventually(lambda: progress() > 0, 60, "the sink has stored something")
        process.send_signal(signal.SIGTERM)
        assert (0, []) == told(process, "sink")


def test_the_second_of_two_sinks_stops(configured: Settings, places: dict[str, Place]) -> None:
    """Two sinks on one database should not both write: the one that is behind says so and ends."""
    with closing(Sink(configured)) as one, closing(Sink(configured)) as two:
        send_packets(configured, [cite(places, "twice")])
        drain(one, configured)
        with pytest.raises(AnotherSink):
            drain(two, configured)


def test_a_locked_database_is_waited_for_then_told(
    configured: Settings, places: dict[str, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody holds the lock nothing should be stored; afterwards everything."""
    monkeypatch.setattr(database, "PATIENCE_S", 0.5)
    send_packets(configured, [cite(places, "locked")])
    with (
        closing(Sink(configured)) as sink,
        _held(configured.sink.database),
        pytest.raises(DatabaseProblem, match="stays locked: another program"),
    ):
        drain(sink, configured)
    assert 0 == _progress(configured)
    stored(configured)
    assert _progress(configured) > 0


@contextmanager
def _slow(address: str) -> Iterator[str]:
    """The same database, slow: somebody mostly holds the file's lock; each piece said to a server takes 30 ms more."""
    file = make_url(address).database
    if address.startswith("postgresql"):
        with slow_line(address, 0.03) as (behind, line):
            yield behind
        assert line.pieces > 100, "the line was used"
        return
    with mostly_held(Path(str(file)), random.Random(6)):  # noqa: S311 - when it is held, the same in every run
        yield address


def test_a_slow_database_makes_the_sink_slow_and_nothing_else(
    configured: Settings, places: dict[str, Place], databases: Callable[[], str]
) -> None:
    """The process should go on, store all of what comes meanwhile, and leave the tables of one that was quick."""
    stored(configured)
    packets = [revise(cite(places, f"slow-{n % 20}"), f"slow-{n % 20}", 1 + n // 20) for n in range(60)]
    with _slow(configured.sink.database) as address:
        behind = configured.model_copy(update={"sink": SinkSettings(database=address)})
        with _process(behind) as process:
            for packet in packets:
                send_packets(configured, [packet])
            wanted = sum(end_offsets(configured.kafka.bootstrap, _partitions(configured)).values())
            eventually(lambda: _progress(configured) >= wanted, 120, "the slow sink has stored everything")
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert (0, []) == told(process, "sink")
    calm = configured.model_copy(update={"sink": SinkSettings(database=databases())})
    stored(calm)
    assert all_rows(calm) == all_rows(configured)


def _partitions(settings: Settings) -> list[tuple[str, int]]:
    return [(topic, number) for topic in SINK_TOPICS for number in range(settings.kafka.partitions)]


def test_a_database_whose_file_is_deleted_under_the_sink_is_noticed_and_made_anew(
    broker: KafkaSettings, places: dict[str, Place], tmp_path: Path
) -> None:
    """What is written to a file without a name is lost: the process should leave, and the next one store everything."""
    configured = Settings(kafka=broker, sink=SinkSettings(database=f"sqlite:///{tmp_path}/gone.db"))
    before, after = cite(places, "before-it-is-gone"), cite(places, "after-it-is-gone")
    send_packets(configured, [before])
    with _process(configured) as process:
        eventually(lambda: _shows(configured, before), 60, "the sink has stored it")
        for file in tmp_path.glob("gone.db*"):
            file.unlink()
        send_packets(configured, [after])
        code, lines = told(process, "sink")
    assert (1, 1) == (code, len(lines))
    assert "is not the file any more" in lines[0]
    stored(configured)
    assert _shows(configured, before)
    assert _shows(configured, after)


def _shows(settings: Settings, packet: Packet) -> bool:
    wanted = PACKETS.c.candidate_id == packet.candidate.candidate_id
    try:
        return bool(rows_of(settings, select(PACKETS.c.candidate_id).where(wanted)))
    except OperationalError:  # there are no tables yet
        return False


def test_a_full_disk_is_told_at_once_and_costs_nothing(
    broker: KafkaSettings, places: dict[str, Place], tmp_path: Path
) -> None:
    """When no room is left the sink should say so in one line; with room again it should store everything."""
    configured = Settings(kafka=broker, sink=SinkSettings(database=f"sqlite:///{tmp_path}/full.db"))
    send_packets(configured, [cite(places, f"full-{n}") for n in range(30)])

    def no_room(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 60")

    with closing(Sink(configured)) as sink:
        sink._engine.dispose()  # noqa: SLF001 - the bound must be set on the sink's own connections
        event.listen(sink._engine, "connect", no_room)  # noqa: SLF001 - as above
        with pytest.raises(DatabaseProblem, match="has no room left: make room"):
            drain(sink, configured)
    stored(configured)
    assert 30 <= len(rows_of(configured, select(PACKETS.c.candidate_id)))


@pytest.mark.parametrize(
    ("address", "line"),
    [("sqlite:////no/such/folder/x.db", "cannot be opened"), ("nonsense", "sqlite:///incidents.db")],
)
def test_a_database_that_cannot_be_opened_is_one_line(broker: KafkaSettings, address: str, line: str) -> None:
    """A missing folder and a mistyped address should end the process with one line that says what to do."""
    with _process(Settings(kafka=broker, sink=SinkSettings(database=address))) as process:
        code, lines = told(process, "sink")
    assert (1, 1) == (code, len(lines))
    assert line in lines[0]


def _left_open_by(settings: Settings, problem: type[Exception], said: str) -> set[int]:
    """The connections that a sink has left open that could not begin."""
    with counted_connections() as still_open, pytest.raises(problem, match=said):
        Sink(settings)
    return still_open


def test_a_sink_that_finds_no_broker_or_newer_tables_leaves_no_connection_open(
    configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server keeps each connection until it is closed."""
    monkeypatch.setattr("wire.admin.TIMEOUT_S", 0.5)
    nobody = configured.model_copy(update={"kafka": KafkaSettings(bootstrap="127.0.0.1:9")})
    assert not _left_open_by(nobody, Unreachable, "no Kafka broker")
    engine = open_database(configured.sink.database)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - a name of ours
    engine.dispose()
    assert not _left_open_by(configured, DatabaseProblem, "newer than this program")


def test_a_sink_whose_consumer_is_refused_leaves_no_connection_open(
    configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that is opened before it may stay."""
    monkeypatch.setattr("sinks.sink._consumer_settings", lambda _: {"bootstrap.servers": "nobody"})
    assert not _left_open_by(configured, ValueError, r"group\.id")


def test_no_broker_and_no_topics_are_told(
    configured: Settings, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An absent broker and a broker without our topics should each be one line."""
    monkeypatch.setattr("wire.admin.TIMEOUT_S", 0.5)
    for bootstrap, kind in (("127.0.0.1:9", Unreachable), (kafka, KafkaProblem)):
        with pytest.raises(kind):
            Sink(configured.model_copy(update={"kafka": KafkaSettings(bootstrap=bootstrap)}))
