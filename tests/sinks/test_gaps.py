"""Records that are gone before they were stored: on record, the end of the sink, and passed over only when told to."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select, update

from schemas.audit import AuditEntry
from schemas.codec import decode
from schemas.settings import Settings
from sinks.sink import Sink
from sinks.tables import PACKETS, SINK_OFFSETS, open_database
from tests.agents.audited import audit_all
from tests.sinks.driven import drain, rows_of, send_packets, stored
from tests.sinks.published import cite
from tests.wire.log import delete_before
from wire.errors import KafkaProblem
from wire.follow import following
from wire.reader import Place

_TOPIC = "context-packets"


@pytest.fixture
def behind(configured: Settings, places: dict[str, Place]) -> int:
    """A sink that has stored one packet, after which two came and the first of them was deleted; its due offset."""
    send_packets(configured, [cite(places, "stored")])
    sink = Sink(configured)
    drain(sink, configured)
    due = sink.positions[_TOPIC, 0]
    sink.close()
    send_packets(configured, [cite(places, "gone"), cite(places, "left")])
    delete_before(configured.kafka.bootstrap, _TOPIC, 0, due + 1)
    return due


def test_records_that_are_gone_end_the_sink_every_time_and_are_on_record(
    configured: Settings, behind: int
) -> None:
    """Each start should say what is gone and what to do, store nothing, and put the same gap on record."""
    for _ in range(2):
        with pytest.raises(
            KafkaProblem, match=rf"\(on record\): {_TOPIC}/0 is to be read from {behind} .* --accept-gaps"
        ):
            Sink(configured)
    assert {("gap", "sink", behind)} == _entries(configured, behind)
    assert behind == _stored_offset(configured)


def test_a_person_who_accepts_the_gap_goes_on_with_what_is_left_and_that_is_on_record_first(
    configured: Settings, behind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an auditor nothing is passed over; with one, what is left should be stored."""
    monkeypatch.setattr("wire.recorded.WAIT_S", 1.0)
    with pytest.raises(KafkaProblem, match="nothing was done"):
        Sink(configured, accept_gaps=True)
    assert behind == _stored_offset(configured)
    monkeypatch.setattr("wire.recorded.WAIT_S", 60.0)
    with ThreadPoolExecutor(1) as beside:
        opening = beside.submit(Sink, configured, accept_gaps=True)
        while not opening.done():
            audit_all(configured)
    sink = opening.result()
    drain(sink, configured)
    sink.close()
    assert ("passed over", "sink", behind) in _entries(configured, behind)
    assert 2 == len(rows_of(configured, select(PACKETS.c.candidate_id)))


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


def test_topics_that_were_made_anew_end_the_sink_too(configured: Settings, places: dict[str, Place]) -> None:
    """Stored offsets beyond the end say that the tables are of another log: nobody but a person may mix the two."""
    send_packets(configured, [cite(places, "anew")])
    stored(configured)
    engine = open_database(configured.sink.database)
    with engine.begin() as connection:
        connection.execute(update(SINK_OFFSETS).values(next_offset=SINK_OFFSETS.c.next_offset + 1_000_000))
        connection.execute(delete(PACKETS))
    engine.dispose()
    with pytest.raises(KafkaProblem, match=r"records are gone before they were stored .* and \d+ more"):
        Sink(configured)
    assert not rows_of(configured, select(PACKETS.c.candidate_id))
