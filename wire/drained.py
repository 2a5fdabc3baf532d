"""Waiting until a consumer group has handled all that stands in some topics now.

May not: commit, or join the group. Goes to: replay and the demo, which must know that all has come through.
"""

import logging
import time
from collections.abc import Callable, Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from wire.admin import end_offsets, layout
from wire.errors import KafkaProblem
from wire.moving import when_settled

_TIMEOUT_S = 10.0
_PAUSE_S = 0.1


def wait_until_drained(
    bootstrap: str,
    group: str,
    topics: Iterable[str],
    deadline_s: float,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Returns once the group has committed everything that stood in the topics at the call.

    `check` is called while waiting and may raise. KafkaProblem after the deadline, or when no broker answers.
    """
    partitions = layout(bootstrap)
    places = [(topic, number) for topic in topics for number in range(partitions[topic])]
    ends = {place: end for place, end in end_offsets(bootstrap, places).items() if end > 0}
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": group}, logger=logging.getLogger("librdkafka")
    )
    deadline = time.monotonic() + deadline_s
    try:
        while behind := _behind(consumer, ends):
            check()
            if time.monotonic() > deadline:
                raise KafkaProblem(
                    f"{group} has not come through {behind} within {deadline_s:.0f} s; are its workers up?"
                )
            time.sleep(_PAUSE_S)
    except KafkaException as error:
        raise KafkaProblem(f"the offsets of {group} cannot be read: {error.args[0].str()}") from error
    finally:
        consumer.close()


def _behind(consumer: Consumer, ends: dict[tuple[str, int], int]) -> str:
    """The first partition that the group has not committed to its end; empty when there is none."""
    asked = [TopicPartition(*place) for place in ends]
    committed = when_settled(lambda: consumer.committed(asked, timeout=_TIMEOUT_S))
    late = (f"{at.topic}/{at.partition}" for at in committed if at.offset < ends[at.topic, at.partition])
    return next(late, "")
