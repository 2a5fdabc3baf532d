"""Every look at a packet or at evidence is on record before it is shown; without a record nothing is shown."""

import os
import signal
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from local.kafka import kill_broker, start_broker
from schemas.audit import AuditEntry
from schemas.codec import decode
from schemas.settings import KafkaSettings
from tests.sinks.page.site import Site, fill, incident, running, settings_for, short
from wire.admin import ensure_topics


def _entries(kafka: KafkaSettings, since: int = 0) -> list[AuditEntry]:
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap, "group.id": "looking", "isolation.level": "read_committed"}
    )
    where = TopicPartition("audit-entries", 0, since)
    end = consumer.get_watermark_offsets(where, 20)[1]
    consumer.assign([where])
    found: list[AuditEntry] = []
    while len(found) < end - since:
        record = consumer.poll(10)
        assert record is not None
        assert record.error() is None
        entry = decode("audit-entries", record.value() or b"")
        assert isinstance(entry, AuditEntry)
        found.append(entry)
    consumer.close()
    return found


def test_a_look_is_on_record_with_who_and_what(site: Site) -> None:
    """A packet and a piece of evidence are two looks; the list and what is not there are none."""
    before = len(_entries(site.settings.kafka))
    site.get(f"/incidents/{short('one')}")
    site.get(f"/incidents/{short('one')}/evidence/e2", "fares")
    for path in ("/", "/changes", "/incidents/INC-NOSUCH", f"/incidents/{short('one')}/evidence/e99"):
        site.get(path)
    first, second = _entries(site.settings.kafka, before)
    candidate = incident("one", 2).candidate
    assert {(candidate.tenant, candidate.candidate_id, "viewed")} == {
        (entry.tenant, entry.subject, entry.decision) for entry in (first, second)
    }
    assert ("anna", {"what": "packet", "revision": "2"}) == (first.actor, first.details)
    assert ("finn", {"what": "evidence", "evidence": "e2", "revision": "2"}) == (second.actor, second.details)
    assert first.position.topic == "page"


def test_two_looks_are_two_entries_with_names_of_their_own(site: Site) -> None:
    """Looking twice is looking twice."""
    before = len(_entries(site.settings.kafka))
    for _ in range(2):
        site.get(f"/incidents/{short('one')}")
    assert 2 == len({entry.decision_id for entry in _entries(site.settings.kafka, before)})


@pytest.mark.parametrize("path", ["", "/evidence/e1"])
def test_what_cannot_be_put_on_record_is_not_shown(tmp_path: Path, path: str) -> None:
    """A broker that does not answer: 503, a page that says why, and nothing of the packet; the list goes on."""
    broker = start_broker(tmp_path / "kafka", progress=print)
    try:
        kafka = KafkaSettings(bootstrap=broker.bootstrap, partitions=1)
        ensure_topics(kafka)
        database = f"sqlite:///{tmp_path}/incidents.db"
        fill(database)
        with running(settings_for(kafka, database, ack_timeout_s=1.0)) as site:
            os.kill(broker.child.pid, signal.SIGSTOP)
            answer = site.get(f"/incidents/{short('one')}{path}")
            assert (503, True) == (answer.status_code, "put on record" in answer.text)
            assert "season-prices" not in answer.text
            assert 200 == site.get("/").status_code
            os.kill(broker.child.pid, signal.SIGCONT)
    finally:
        kill_broker(broker)
