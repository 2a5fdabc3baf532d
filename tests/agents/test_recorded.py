"""What touches the world outside waits until its entry stands in the audit log, and does not happen without."""

import time
from collections.abc import Iterator
from threading import Thread

import pytest

from agents.auditor import Auditor
from schemas.audit import AuditEntry, Position
from schemas.codec import decode
from schemas.settings import AuditSettings, KafkaSettings, Settings
from tests.agents.audited import audit_all, lines_of
from tests.brokers import laid_out
from tests.facts import eventually
from tests.schemas.examples import example
from wire.errors import KafkaProblem
from wire.recorded import NotRecorded, OnRecord, put_on_record


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A broker for this module, without an auditor."""
    folder = tmp_path_factory.mktemp("recorded")
    with laid_out(folder, 2) as kafka:
        yield Settings(kafka=kafka, audit=AuditSettings(key_file=str(folder / "audit.key")))


def _intent(number: int, topic: str = "signals") -> AuditEntry:
    entry = example("audit-entries")
    assert isinstance(entry, AuditEntry)
    return entry.model_copy(update={"position": Position(topic=topic, partition=0, offset=number)})


def test_without_an_auditor_nothing_is_done_and_nothing_is_said_to_be_audited(configured: Settings) -> None:
    """The effect should wait to its deadline and then not happen; the entry should wait for an auditor."""
    effects: list[OnRecord] = []
    with pytest.raises(NotRecorded, match="nothing was done; is the auditor up"):
        effects.append(put_on_record(configured.kafka.bootstrap, _intent(1), deadline_s=5.0))
    assert [] == effects
    assert [] == [line for partition in range(2) for line in lines_of(configured.kafka, partition)]
    audit_all(configured)
    lines = [line for partition in range(2) for line in lines_of(configured.kafka, partition)]
    assert [_intent(1)] == [decode("audit-entries", line.entry) for line in lines]


def test_the_effect_happens_once_its_entry_is_a_confirmed_line(configured: Settings) -> None:
    """An auditor that starts late should let the one who waits go on, with the line that it has written."""
    found: list[OnRecord] = []
    bootstrap = configured.kafka.bootstrap
    waiting = Thread(target=lambda: found.append(put_on_record(bootstrap, _intent(2), deadline_s=60.0)))
    waiting.start()
    auditor = Auditor(configured, "test")

    def went_on() -> bool:
        auditor.step()
        return not waiting.is_alive()

    eventually(went_on, 60, "the one who waits goes on")
    auditor.close()
    (where,) = found
    line = lines_of(configured.kafka, where.partition)[where.sequence]
    assert _intent(2) == decode("audit-entries", line.entry)


def test_a_repeat_after_a_crash_finds_the_line_that_it_has(configured: Settings) -> None:
    """Whoever sends the same intent again should be told its first line, where a repeat makes none."""
    before = time.time_ns() // 1_000_000
    bootstrap = configured.kafka.bootstrap
    with pytest.raises(NotRecorded):
        put_on_record(bootstrap, _intent(3), deadline_s=5.0)
    audit_all(configured)
    again = put_on_record(bootstrap, _intent(3), deadline_s=30.0, since_ms=before)
    audit_all(configured)
    lines = lines_of(configured.kafka, again.partition)
    assert [again.sequence] == [
        line.sequence for line in lines if decode("audit-entries", line.entry) == _intent(3)
    ]


def test_without_a_broker_nothing_is_done() -> None:
    """An absent broker should be one line, and no effect."""
    with pytest.raises(KafkaProblem, match="no Kafka broker answers"):
        put_on_record(KafkaSettings(bootstrap="127.0.0.1:9").bootstrap, _intent(4), deadline_s=1.0)
