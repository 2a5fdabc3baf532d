"""Owns what a trace is here: a span for each step of a delivery's way, carried from record to record in a header.

Where the settings name no receiver there are no traces, and OpenTelemetry is not even loaded. A span says where
time went; nothing is decided by one, and no message holds one. May not: wait, or fail the work that it tells of.
Goes to: `wire.otlp`, which sends.
"""

from collections.abc import Mapping
from typing import Final, Literal, Protocol

from schemas.events import HEADER_TRACE

Step = Literal["gateway", "router", "correlator", "sink"]
Facts = Mapping[str, str | int]
"""What a span says of itself, by OpenTelemetry's names where it has one."""
Headers = tuple[tuple[str, bytes], ...]
_ODD: Final = (b"1", b"3", b"5", b"7", b"9", b"b", b"d", b"f")


class Span(Protocol):
    """One step under way. It is told only once it has ended."""

    @property
    def header(self) -> bytes:
        """Names this span to whatever follows from it: the value of `traceparent`."""

    def note(self, event: str, facts: Facts) -> None:
        """Something that happened in it, now."""

    def end(self, facts: Facts) -> None:
        """It is over."""


class Traces(Protocol):
    """Makes spans, and sends them beside the work."""

    def begin(self, step: Step, parent: bytes | None, facts: Facts) -> Span:
        """A step begins now. A `parent` that is none, or no `traceparent`, begins a trace of its own."""

    def close(self) -> None:
        """Send what has ended, for a moment, and stop."""


def carried(span: Span | None) -> Headers:
    """The header of a record that follows from a span."""
    return ((HEADER_TRACE, span.header),) if span else ()


def is_sampled(header: bytes) -> bool:
    """Whether a trace is wanted, by the last bit of its header; most of a storm may not be."""
    return header[-1:] in _ODD


def place_facts(topic: str, partition: int, offset: int) -> Facts:
    """Which record a step is about."""
    return {
        "messaging.system": "kafka",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
        "messaging.kafka.offset": offset,
    }
