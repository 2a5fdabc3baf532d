"""Owns the form of a record on its way to Kafka. Pure; goes to: the producers of this package."""

from typing import NamedTuple


class Outgoing(NamedTuple):
    """One record to write; without `partition` the key decides, as in Java's clients."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
