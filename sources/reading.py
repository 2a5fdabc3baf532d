"""Owns what an adapter says about one delivery: what it read, what it refused, what is no event.

Every item of a delivery is in exactly one of the three, under its own path, so that nothing is dropped
unseen. Goes to: `sources.intake`, which makes Kafka records of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.model import Message
from streams.redact import Json, redacted_json


@dataclass(frozen=True, slots=True)
class Record:
    """One message for a topic: `key` is its key after the tenant, `path` its place in the body (RFC 6901).

    `value`: the message as the topic's bytes, where the adapter has them already.
    """

    topic: str
    key: tuple[str, ...]
    message: Message
    path: str = ""
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """One item that could not be understood: a code, what to do in one line, its place, its redacted JSON."""

    reason: str
    detail: str
    path: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """One item that is well understood and is no event, with the reason."""

    reason: str
    detail: str
    path: str = ""


Item = Record | Refused | Ignored


@dataclass(frozen=True, slots=True)
class Reading:
    """What an adapter makes of one delivery."""

    records: tuple[Record, ...] = ()
    refused: tuple[Refused, ...] = ()
    ignored: tuple[Ignored, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The places of all items, in no order."""
        return tuple(item.path for group in (self.records, self.refused, self.ignored) for item in group)


class Adapter(Protocol):
    """Reads one format. Pure; raises for no JSON whatever."""

    def __call__(self, body: Json, headers: Mapping[str, str], received_at: int) -> Reading:
        """What the body says. `headers`: lower-case names; `received_at`: ingest time in microseconds."""
        ...


def reading_of(items: list[Item]) -> Reading:
    """The items sorted into the three groups, each in the order of the delivery."""
    records = tuple([item for item in items if isinstance(item, Record)])
    if len(records) == len(items):
        return Reading(records)
    return Reading(
        records,
        tuple(item for item in items if isinstance(item, Refused)),
        tuple(item for item in items if isinstance(item, Ignored)),
    )


def refuse(reason: str, detail: str, original: Json, path: str = "") -> Refused:
    """A refusal with the redacted JSON text of what is refused."""
    return Refused(reason, detail, path, redacted_json(original))
