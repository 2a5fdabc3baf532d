"""Owns recordings: deliveries as JSON lines, in order of arrival, and the ticks that belong between them.

A line is `{"received_at": RFC 3339, "source": route, "headers": {...}, "body": ...}`. Goes to: in-process
replay and `sources.sender`, which follow the same script and so make the same records.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from schemas.events import HEADER_TENANT, HEADER_TICK
from schemas.problem import Problem
from schemas.times import LATEST, SECOND
from schemas.topics import TICKED_TOPICS
from sources.fields import mapping, moment, text
from streams.redact import Json
from wire.record import Outgoing

TICK_EVERY: Final = 10 * SECOND
"""Recorded time after which a tick goes before the next delivery, in microseconds."""
CATALOG_LEAD: Final = SECOND
"""How long before the first delivery a catalog counts as received, in microseconds."""
TICK_KEY: Final = b"tick"
TICK_VALUE: Final = b"\0"
"""Not empty, since an empty value would delete in a compacted topic; never read."""


class BadRecording(Problem, ValueError):
    """A recording that cannot be read. The text names file and line."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it was recorded; `line` counts from 1, 0 for one that is in no file."""

    received_at: int
    source: str
    headers: Mapping[str, str]
    body: Json
    line: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """Recorded time has come to `at`: everything received before has been sent."""

    at: int

    @property
    def is_end(self) -> bool:
        """True for the mark after the last delivery."""
        return self.at == LATEST


def deliveries(path: Path) -> Iterator[Delivery]:
    """The deliveries of a file, one after the other. BadRecording names the line that cannot be read."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _delivery(line, number, f"{path}, line {number}")
    except OSError as error:
        raise BadRecording(f"{path} cannot be read: {error.strerror}") from error


def catalog_delivery(path: Path, first: Delivery) -> Delivery:
    """A catalog file as the delivery that goes before the first one of the recording."""
    try:
        body = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecording(f"{path} cannot be read: {error}") from error
    return Delivery(first.received_at - CATALOG_LEAD, "catalog", {"content-type": "application/yaml"}, body)


def script(recorded: Iterable[Delivery], catalog: Path | None = None) -> Iterator[Delivery | Tick]:
    """What a replay does, in order: the catalog, a tick at the start and every 10 s, deliveries, the end mark."""
    reached: int | None = None
    for delivery in recorded:
        if reached is None and catalog is not None:
            yield catalog_delivery(catalog, delivery)
        if reached is None or delivery.received_at - reached >= TICK_EVERY:
            reached = delivery.received_at
            yield Tick(reached - 1)
        yield delivery
    yield Tick(LATEST)


def tick_records(tenant: str, at: int, layout: Mapping[str, int]) -> tuple[Outgoing, ...]:
    """A replay's tick for every partition of every input that clocks wait for; `layout`: topic to partitions."""
    headers = ((HEADER_TICK, str(at).encode()), (HEADER_TENANT, tenant.encode()))
    return tuple(
        Outgoing(topic, TICK_KEY, TICK_VALUE, headers, partition)
        for topic in TICKED_TOPICS
        for partition in range(layout[topic])
    )


def _delivery(line: bytes, number: int, place: str) -> Delivery:
    try:
        fields = mapping(orjson.loads(line))
    except orjson.JSONDecodeError as error:
        raise BadRecording(f"{place}: no JSON: {error}") from error
    received_at, source = moment(fields.get("received_at")), text(fields.get("source"))
    if received_at is None or source is None or "body" not in fields:
        raise BadRecording(f"{place}: a delivery has received_at (RFC 3339), source and body")
    headers = {
        name: value for name, value in mapping(fields.get("headers")).items() if isinstance(value, str)
    }
    return Delivery(received_at, source, headers, fields["body"], number)
