"""Owns looking at a topic from outside, by clients of its own, for tests that do not trust what they test."""

from uuid import uuid4

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from tests.facts import eventually
from wire.admin import end_offsets

_WAIT_S = 60.0
_CLEANED_S = 40.0


def new_topic(kafka: str, partitions: int, **config: str) -> str:
    """Create a topic with a name of its own, each of whose partitions answers; settings with `_` for `.`."""
    name = f"test-{uuid4().hex[:10]}"
    admin = AdminClient({"bootstrap.servers": kafka})
    settings = {key.replace("_", "."): value for key, value in config.items()}
    admin.create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result()
    end_offsets(kafka, [(name, number) for number in range(partitions)])
    return name


def compacted_topic(kafka: str) -> str:
    """A compacted topic with one partition, from whose log the cleaner has already taken most records."""
    _hurry_cleaner(kafka)
    hurry = {"segment_ms": "50", "min_cleanable_dirty_ratio": "0.001", "max_compaction_lag_ms": "1"}
    topic = new_topic(kafka, 1, cleanup_policy="compact", **hurry)
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 0})
    for number in range(300):
        producer.produce(topic, b"%d" % number, key=b"%d" % (number % 7), partition=0)
        if number % 50 == 0:
            producer.flush()

    def cleaned() -> bool:
        # A segment is closed, and can then be cleaned, only when something is added after its time.
        producer.produce(topic, b"later", key=b"later", partition=0)
        producer.flush()
        return len(read(kafka, topic, 0)) < 200

    eventually(cleaned, _CLEANED_S, "the cleaner has been there")
    return topic


def delete_before(kafka: str, topic: str, partition: int, offset: int) -> None:
    """Delete the records before the offset, as retention does."""
    admin = AdminClient({"bootstrap.servers": kafka})
    for future in admin.delete_records([TopicPartition(topic, partition, offset)]).values():
        future.result()


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


def header(message: Message, name: str) -> str:
    """The last header of that name."""
    value = dict(message.headers() or ())[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def committed(kafka: str, group: str, topic: str, partition: int) -> int | None:
    """The group's committed offset, None when it has none."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": group})
    try:
        offset = consumer.committed([TopicPartition(topic, partition)], timeout=_WAIT_S)[0].offset
    finally:
        consumer.close()
    return offset if offset >= 0 else None


def _hurry_cleaner(kafka: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    pause = ConfigEntry("log.cleaner.backoff.ms", "100", incremental_operation=AlterConfigOpType.SET)
    broker = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[pause])
    for future in admin.incremental_alter_configs([broker]).values():
        future.result()


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
