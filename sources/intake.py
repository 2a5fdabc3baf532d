"""Owns what becomes of one delivery: the records that it makes, and what is answered about the rest.

The gateway and in-process replay share this one function, so that both make the same records. Pure. Goes to:
`sources.gateway` and the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from schemas.audit import DeadLetter
from schemas.codec import Undecodable, encode
from schemas.events import EntityFacts
from sources.catalogue import Format, format_of
from sources.letters import MAX_ORIGINAL, Arrival, letter_record, parsed_letter
from sources.reading import Ignored, Reading, Record, Refused, refuse
from streams.redact import Json, redacted_json
from wire.record import Outgoing


class Taken(NamedTuple):
    """One item that became a record: its place, its name in its tool, the record."""

    path: str
    name: str
    record: Outgoing


@dataclass(frozen=True, slots=True)
class Rejected:
    """One item that could not be understood: why, and the dead letter that keeps it."""

    refused: Refused
    letter: DeadLetter
    record: Outgoing


@dataclass(frozen=True, slots=True)
class Intake:
    """What becomes of one delivery; every item of it is in exactly one of the three."""

    published: tuple[Taken, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    ignored: tuple[Ignored, ...] = ()

    @property
    def records(self) -> tuple[Outgoing, ...]:
        """All records, dead letters included: what has to be acknowledged before anything is answered."""
        return (*(taken.record for taken in self.published), *(item.record for item in self.rejected))

    @property
    def letters(self) -> tuple[DeadLetter, ...]:
        """The dead letters, one for each refused item."""
        return tuple(item.letter for item in self.rejected)

    def without_originals(self) -> "Intake":
        """The same with letters that keep hash, size and reason alone."""
        return replace(self, rejected=tuple(_bare(item) for item in self.rejected))


def take(source: str, body: Json, headers: Mapping[str, str], received_at: int, tenant: str) -> Intake:
    """The records of a delivery by this route, stamped with tenant and ingest time. Raises UnknownSource alone.

    `body` is parsed JSON, or a text where the format may be one; `received_at` is in microseconds.
    """
    arrival = Arrival(tenant, source, received_at, headers)
    lower = {name.lower(): value for name, value in headers.items()}
    reading = _read(format_of(source), body, lower, received_at)
    said_with = arrival.headers
    outcomes = [_encoded(record, tenant, said_with) for record in reading.records]
    published = tuple([outcome for outcome in outcomes if isinstance(outcome, Taken)])
    if len(published) == len(outcomes) and not reading.refused:
        return Intake(published, ignored=reading.ignored)
    refused = [*(outcome for outcome in outcomes if isinstance(outcome, Refused)), *reading.refused]
    delivery = _kept(body, len(refused))
    return Intake(
        published,
        tuple(rejection(item, arrival, delivery) for item in refused),
        reading.ignored,
    )


def rejection(refused: Refused, arrival: Arrival, delivery: bytes = b"") -> Rejected:
    """The refusal with its dead letter."""
    letter = parsed_letter(refused, arrival, delivery)
    return Rejected(refused, letter, letter_record(letter, arrival))


def _bare(item: Rejected) -> Rejected:
    letter = item.letter.model_copy(update={"original": b"", "delivery": b""})
    return replace(item, letter=letter, record=item.record._replace(value=encode("dead-letters", letter)))


def _kept(body: Json, letters: int) -> bytes:
    """The delivery for each of its letters; none where all of them together would hold too much of it."""
    text = redacted_json(body).encode()
    return text if len(text) * letters <= MAX_ORIGINAL else b""


def _read(entry: Format, body: Json, headers: Mapping[str, str], received_at: int) -> Reading:
    """A delivery that an adapter fails on is refused as a whole: an error of ours must lose nothing either."""
    try:
        return entry.read(body, headers, received_at)
    except Exception as error:  # noqa: BLE001 - whatever it is, the delivery goes to the dead letters
        detail = (
            f"reading it failed ({type(error).__name__}); this is an error of the adapter, please report it"
        )
        return Reading(refused=(refuse("adapter_failed", detail, body),))


def _encoded(record: Record, tenant: str, headers: tuple[tuple[str, bytes], ...]) -> Taken | Refused:
    key = "/".join((tenant, *record.key)).encode()
    try:
        value = record.value or encode(record.topic, record.message)
    except (Undecodable, ValueError) as wrong:
        original = getattr(record.message, "original", "")
        return Refused(getattr(wrong, "reason", "not_encodable"), str(wrong)[:200], record.path, original)
    return Taken(record.path, _name(record), Outgoing(record.topic, key, value, headers))


def _name(record: Record) -> str:
    message = record.message
    return message.entity if isinstance(message, EntityFacts) else str(getattr(message, "source_ref", ""))
