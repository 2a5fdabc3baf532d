"""Reading one partition from its first record to its present end, once.

For state that is loaded at a start. May not: commit, or wait for records that come later.
"""

import logging
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaException, TopicPartition

from wire.errors import KafkaProblem
from wire.moving import when_settled

_TIMEOUT_S = 10.0


def read_partition(bootstrap: str, topic: str, partition: int) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Key and value of every record that is there now, in order. KafkaProblem when the broker does not answer."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "unused",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        },
        logger=logging.getLogger("librdkafka"),
    )
    try:
        place = TopicPartition(topic, partition)
        first, end = when_settled(lambda: consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S))
        if first < end:
            consumer.assign([TopicPartition(topic, partition, first)])
            yield from _until(consumer, end, topic, partition)
    except KafkaException as error:
        raise KafkaProblem(f"{topic}/{partition} cannot be read: {error.args[0].str()}") from error
    finally:
        consumer.close()


def _until(
    consumer: Consumer, end: int, topic: str, partition: int
) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Records up to the end; compaction and markers leave holes, so that the position decides, not the count."""
    place = [TopicPartition(topic, partition)]
    while consumer.position(place)[0].offset < end:
        message = consumer.poll(_TIMEOUT_S)
        if message is None:
            raise KafkaProblem(
                f"{topic}/{partition} gave nothing within {_TIMEOUT_S:.0f} s; is the broker well?"
            )
        if message.error() is None:
            yield message.key(), message.value()
