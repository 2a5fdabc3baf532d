"""Owns asking a broker again while what is asked for is on the move: a leader or a coordinator that is being chosen.

May not: wait longer than `WAIT_S`, or hide any other error. Goes to: whatever reads, counts or deletes by position.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException

T = TypeVar("T")

WAIT_S: Final = 30.0
"""How long a partition may be without a leader, or a group without a coordinator, before that is told.

A broker on a busy machine takes more than 10 s to take up two hundred new partitions.
"""

_PAUSE_S: Final = 0.02
_MOVING: Final = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError._NOENT,  # noqa: SLF001 - published name; the client: a leader is not known yet
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    }
)
"""What is said of what has just been made, is just changing hands, or is on a broker that has just started."""


def when_settled(question: Callable[[], T]) -> T:
    """The answer, asked for anew while it is on the move; raises the KafkaException that stays, or is another."""
    end = time.monotonic() + WAIT_S
    while True:
        try:
            return question()
        except KafkaException as error:
            if error.args[0].code() not in _MOVING or time.monotonic() > end:
                raise
        time.sleep(_PAUSE_S)
