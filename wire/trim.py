"""Deleting the head of a partition, by whoever knows what is no longer needed; a broker's retention does not.

May not: decide what is needed. Goes to: the correlator (signals) and the auditor (audit-entries).
"""

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from wire.errors import KafkaProblem
from wire.moving import when_settled

_TIMEOUT_S = 10.0
_END = -1
"""How the broker says that no record is as young as asked for."""


def offset_at(bootstrap: str, topic: str, partition: int, moment_ms: int) -> int | None:
    """The first offset whose record is not older than `moment_ms` (milliseconds since 1970); None where all are."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False})
    try:
        asked = [TopicPartition(topic, partition, moment_ms)]
        offset = when_settled(lambda: consumer.offsets_for_times(asked, timeout=_TIMEOUT_S)[0].offset)
    except KafkaException as error:
        raise KafkaProblem(
            f"{topic}/{partition} cannot be asked for its times: {error.args[0].str()}"
        ) from error
    finally:
        consumer.close()
    return None if offset == _END else offset


def delete_before(bootstrap: str, topic: str, partition: int, offset: int) -> None:
    """Deletes every record before `offset`; KafkaProblem when the broker does not. Repeating it changes nothing."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    asked = [TopicPartition(topic, partition, offset)]

    def delete() -> None:
        for future in admin.delete_records(asked, request_timeout=_TIMEOUT_S).values():
            future.result()

    try:
        when_settled(delete)
    except KafkaException as error:
        raise KafkaProblem(f"{topic}/{partition} cannot be trimmed: {error.args[0].str()}") from error
