"""Owns looking at a topic from outside, by clients of its own, for tests that do not trust what they test."""

from uuid import uuid4

from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

_WAIT_S = 10.0


def new_topic(kafka: str, partitions: int, **config: str) -> str:
    """Create a topic with a name of its own; settings with `_` for `.`."""
    name = f"test-{uuid4().hex[:10]}"
    admin = AdminClient({"bootstrap.servers": kafka})
    settings = {key.replace("_", "."): value for key, value in config.items()}
    admin.create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result()
    return name


def end(kafka: str, topic: str, partition: int) -> int:
    """The offset after the last record that the broker has."""
    consumer = _reader(kafka)
    try:
        return int(consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_WAIT_S)[1])
    finally:
        consumer.close()


def read(kafka: str, topic: str, partition: int) -> list[Message]:
    """Every committed record from the beginning to the present end."""
    consumer = _reader(kafka)
    stop = int(consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_WAIT_S)[1])
    place = TopicPartition(topic, partition, 0)
    consumer.assign([place])
    records: list[Message] = []
    try:
        while consumer.position([place])[0].offset < stop:
            records += [message for message in consumer.consume(1000, 0.2) if message.error() is None]
    finally:
        consumer.close()
    return records


def committed(kafka: str, group: str, topic: str, partition: int) -> int | None:
    """The group's committed offset, None when it has none."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": group})
    try:
        offset = consumer.committed([TopicPartition(topic, partition)], timeout=_WAIT_S)[0].offset
    finally:
        consumer.close()
    return offset if offset >= 0 else None


def _reader(kafka: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "outside",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
