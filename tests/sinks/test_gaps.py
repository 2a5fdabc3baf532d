"""Records that are gone before they were stored: on record, the end of the sink, and passed over only when told to."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from schemas.audit import AuditEntry
from schemas.codec import decode
from schemas.settings import AuditSettings, Settings
from sinks.sink import Sink
from sinks.tables import PACKETS, SINK_OFFSETS, open_database
from tests.agents.audited import audit_all
from tests.facts import eventually
from tests.sinks.driven import rows_of, send_packets
from tests.sinks.published import cite
from tests.wire.log import delete_before
from wire.admin import end_offsets
from wire.errors import KafkaProblem
from wire.follow import following
from wire.reader import Place

_TOPIC = "context-packets"


@pytest.fixture(scope="module")
def broker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the key of the log on the module's broker is kept."""
    return tmp_path_factory.mktemp("audit")


@dataclass(frozen=True)
class Behind:
    """A sink that has stored everything, after which two packets came and the first of them was deleted."""

    due: int
    gone: str
    left: str
    """The candidates of the two."""


@pytest.fixture
def behind(configured: Settings, places: dict[str, Place], tmp_path: Path) -> Behind:
    """Packets of the test's own."""
    send_packets(configured, [cite(places, f"stored, {tmp_path}")])
    due = _stored_up_to(configured)
    gone, left = (cite(places, f"{what}, {tmp_path}") for what in ("gone", "left"))
    send_packets(configured, [gone, left])
    delete_before(configured.kafka.bootstrap, _TOPIC, 0, due + 1)
    return Behind(due, gone.candidate.candidate_id, left.candidate.candidate_id)


def test_records_that_are_gone_end_the_sink_every_time_and_are_on_record(
    configured: Settings, behind: Behind
) -> None:
    """Each start should say what is gone and what to do, store nothing, and put the same gap on record."""
    for _ in range(2):
        with pytest.raises(
            KafkaProblem, match=rf"\(on record\): {_TOPIC}/0 is to be read from {behind.due} .* --accept-gaps"
        ):
            Sink(configured)
    assert {("gap", "sink", behind.due)} == _entries(configured, behind.due)
    assert behind.due == _stored_offset(configured)


def test_topics_that_were_made_anew_end_the_sink_too(configured: Settings, places: dict[str, Place]) -> None:
    """Stored offsets beyond the end say that the tables are of another log: nobody but a person may mix the two."""
    send_packets(configured, [cite(places, "anew")])
    _stored_up_to(configured)
    engine = open_database(configured.sink.database)
    with engine.begin() as connection:
        connection.execute(update(SINK_OFFSETS).values(next_offset=SINK_OFFSETS.c.next_offset + 1_000_000))
        connection.execute(delete(PACKETS))
    engine.dispose()
    with pytest.raises(KafkaProblem, match=r"records are gone before they were stored .*and \d+ more"):
        Sink(configured)
    assert not rows_of(configured, select(PACKETS.c.candidate_id))


def test_a_person_who_accepts_the_gap_goes_on_with_what_is_left_and_that_is_on_record_first(
    configured: Settings, behind: Behind, broker_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an auditor nothing is passed over; with one, what is left should be stored."""
    monkeypatch.setattr("wire.recorded.WAIT_S", 1.0)
    with pytest.raises(KafkaProblem, match="nothing was done"):
        Sink(configured, accept_gaps=True)
    assert behind.due == _stored_offset(configured)
    monkeypatch.setattr("wire.recorded.WAIT_S", 60.0)
    audited = configured.model_copy(
        update={"audit": AuditSettings(key_file=str(broker_folder / "audit.key"))}
    )
    with ThreadPoolExecutor(1) as beside:
        opening = beside.submit(Sink, configured, accept_gaps=True)
        while not opening.done():
            audit_all(audited)
    with closing(opening.result()) as sink:

        def shown() -> set[str]:
            sink.step()
            return {name for (name,) in rows_of(configured, select(PACKETS.c.candidate_id))}

        eventually(lambda: behind.left in shown(), 60, "what is left is stored")
        assert behind.gone not in shown()
    assert ("passed over", "sink", behind.due) in _entries(configured, behind.due)


def _stored_up_to(settings: Settings) -> int:
    """A sink, from its start until it has stored every packet; the offset after the last one."""
    end = end_offsets(settings.kafka.bootstrap, [(_TOPIC, 0)])[_TOPIC, 0]
    with closing(Sink(settings)) as sink:
        eventually(
            lambda: sink.step() >= 0 and sink.positions.get((_TOPIC, 0)) == end, 60, "every packet is stored"
        )
    return end


def _entries(settings: Settings, due: int) -> set[tuple[str, str, int]]:
    """Decision, actor and offset of the entries about the gap."""
    with following(settings.kafka.bootstrap, "audit-entries") as follower:
        entries = [decode("audit-entries", value) for value in follower.rest()]
    return {
        (entry.decision, entry.actor, entry.position.offset)
        for entry in entries
        if isinstance(entry, AuditEntry) and (entry.subject, entry.position.offset) == (f"{_TOPIC}/0", due)
    }


def _stored_offset(settings: Settings) -> int:
    place = (SINK_OFFSETS.c.topic == _TOPIC, SINK_OFFSETS.c.partition == 0)
    ((offset,),) = rows_of(settings, select(SINK_OFFSETS.c.next_offset).where(*place))
    return int(offset)
