"""Owns the look at Kafka before a process starts to work: does a broker answer, and are the topics there.

May not: create or change anything. Goes to: every process that reads topics.
"""

from collections.abc import Iterable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from wire.errors import KafkaProblem, Unreachable

_WAIT_S = 5.0


def require_topics(bootstrap: str, topics: Iterable[str]) -> dict[str, int]:
    """The number of partitions of each topic. Raises Unreachable, or KafkaProblem when one is missing."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 500})
    try:
        listed = admin.list_topics(timeout=_WAIT_S).topics
    except KafkaException as error:
        raise Unreachable(bootstrap, error.args[0].str()) from error
    wanted = tuple(topics)
    missing = [name for name in wanted if name not in listed]
    if missing:
        raise KafkaProblem(f"{bootstrap} has no topic {', '.join(missing)}; create the topics first")
    return {name: len(listed[name].partitions) for name in wanted}
