"""Owns what the tests of the audit log share: entries to send, lines and checkpoints to look at.

Goes to: the tests of the auditor, of verification and of exports.
"""

from confluent_kafka import Producer

from agents.auditor import Auditor
from schemas.audit import AuditCheckpoint, AuditEntry, AuditRecord, Position
from schemas.codec import decode, encode
from schemas.settings import KafkaSettings, Settings
from tests.facts import eventually
from tests.schemas.examples import example
from wire.admin import end_offsets
from wire.tail import read_tail


def entry(offset: int, partition: int = 0, topic: str = "signals", index: int = 0) -> bytes:
    """A decision with this source position."""
    one = example("audit-entries")
    assert isinstance(one, AuditEntry)
    position = Position(topic=topic, partition=partition, offset=offset, index=index)
    return encode("audit-entries", one.model_copy(update={"position": position}))


def send(settings: KafkaSettings, partition: int, values: list[bytes], at_ms: int = 0) -> None:
    """Send entries; `at_ms` is their time in milliseconds since 1970, 0 for now."""
    producer = Producer({"bootstrap.servers": settings.bootstrap, "acks": "all"})
    for value in values:
        producer.produce("audit-entries", value, key=b"default/x", partition=partition, timestamp=at_ms)
    assert 0 == producer.flush(60)


def lines_of(settings: KafkaSettings, partition: int) -> list[AuditRecord]:
    """Every confirmed line of a partition."""
    found = read_tail(settings.bootstrap, "audit", partition, lambda _: False)
    lines = [decode("audit", message.value()) for message in found]
    return [line for line in lines if isinstance(line, AuditRecord)]


def checkpoints_of(settings: KafkaSettings, partition: int) -> list[AuditCheckpoint]:
    """Every confirmed checkpoint of a partition."""
    found = read_tail(settings.bootstrap, "audit-checkpoints", partition, lambda _: False)
    read = [decode("audit-checkpoints", message.value()) for message in found]
    return [one for one in read if isinstance(one, AuditCheckpoint)]


def drain(auditor: Auditor, settings: Settings) -> None:
    """Step until all is on record that stands among the entries now, and maybe more that comes meanwhile."""
    ends = end_offsets(settings.kafka.bootstrap, [("audit-entries", p) for p in auditor.positions])

    def written() -> bool:
        auditor.step()
        return all(auditor.positions[partition] >= end for (_, partition), end in ends.items())

    eventually(written, 60, "the auditor has read everything")


def audit_all(settings: Settings) -> None:
    """An auditor from its start to its ordered end: everything is on record, and signed."""
    auditor = Auditor(settings, "test")
    drain(auditor, settings)
    auditor.finish()
    auditor.close()
