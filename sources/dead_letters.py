"""Owns the letters in `dead-letters`: finding them, and sending them again, each time put on record first.

May not: judge a letter, change one. Goes to: `incidents dead-letters`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.audit import AuditEntry, DeadLetter, Position
from schemas.codec import Undecodable, decode
from schemas.identity import digest
from schemas.settings import Settings
from sources.again import Again, read_again
from wire.durable import Durable
from wire.presence import require_topics
from wire.reader import Found, Place, RandomReader
from wire.record import Outgoing
from wire.recorded import put_on_record
from wire.tail import read_confirmed

_SHORTEST = 6
"""Characters of a letter's id from which on it may be cut short."""


class NoLetter(LookupError):
    """There is no such letter, or more than one. The text is one line for a person."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are meant; what is empty does not matter."""

    tenant: str = ""
    source: str = ""
    reason: str = ""

    def fits(self, letter: DeadLetter) -> bool:
        """True when the letter is one of them."""
        pairs = (
            (self.tenant, letter.tenant),
            (self.source, letter.source),
            (self.reason, letter.reason),
        )
        return all(wanted in ("", there) for wanted, there in pairs)


@dataclass(frozen=True, slots=True)
class By:
    """Who sends letters again, with which build, and when, in microseconds since 1970."""

    person: str
    build: str
    at: int


def letters(bootstrap: str, wanted: Wanted, *, whole: bool = True) -> list[DeadLetter]:
    """The letters that Kafka keeps, latest first, each once; without their originals unless `whole`.

    Raises KafkaProblem.
    """
    slim = {} if whole else {"original": b""}
    fitting = (letter for letter in _all(bootstrap) if wanted.fits(letter))
    found = {letter.letter_id: letter.model_copy(update=slim) for letter in fitting}
    return sorted(found.values(), key=lambda letter: (-letter.received_at, letter.letter_id))


def named(bootstrap: str, names: Sequence[str]) -> list[DeadLetter]:
    """The letters of these ids, or beginnings of ids. Raises NoLetter or KafkaProblem."""
    beginnings = [name.lower().removeprefix("d-") for name in names]
    there = {
        letter.letter_id: letter
        for letter in _all(bootstrap)
        if letter.letter_id.removeprefix("d-").startswith(tuple(beginnings))
    }
    return [_named(list(there.values()), beginning) for beginning in beginnings]


def resend(settings: Settings, chosen: Sequence[DeadLetter], by: By) -> dict[str, Again]:
    """Send letters again: by id the records that Kafka has confirmed, or why there are none.

    For each tenant the intent stands in the audit log before anything is sent, and the outcome after. Raises
    KafkaProblem: what has no outcome on record may have been sent.
    """
    results = what_they_make(settings, chosen, by.at)
    of_tenant: dict[str, list[str]] = defaultdict(list)
    for letter in chosen:
        if results[letter.letter_id].records:
            of_tenant[letter.tenant].append(letter.letter_id)
    for tenant, ids in of_tenant.items():
        records = [record for name in ids for record in results[name].records]
        details = {"letters": ",".join(ids), "records": str(len(records))}
        put_on_record(settings.kafka.bootstrap, _entry(tenant, "replaying", 0, by, details, settings))
        asyncio.run(_publish(settings.kafka.bootstrap, records))
        put_on_record(settings.kafka.bootstrap, _entry(tenant, "replayed", 1, by, details, settings))
    return results


def what_they_make(settings: Settings, chosen: Sequence[DeadLetter], now: int) -> dict[str, Again]:
    """By id what each letter would make, if it were sent again at `now`. Raises KafkaProblem."""
    places = {_place(letter) for letter in chosen} - {None}
    reader = RandomReader(settings.kafka.bootstrap)
    try:
        stood = reader.fetch(place for place in places if place is not None)
    finally:
        reader.close()
    results = {}
    for letter in chosen:
        place = _place(letter)
        found = None if place is None else stood[place]
        original = found if isinstance(found, Found) else None
        results[letter.letter_id] = read_again(letter, original, settings, now)
    return results


def _all(bootstrap: str) -> Iterator[DeadLetter]:
    for partition in range(require_topics(bootstrap, ("dead-letters",))["dead-letters"]):
        for message in read_confirmed(bootstrap, "dead-letters", partition):
            try:
                letter = decode("dead-letters", message.value())
            except Undecodable:
                continue
            if isinstance(letter, DeadLetter):
                yield letter


def _named(there: Sequence[DeadLetter], name: str) -> DeadLetter:
    found = [letter for letter in there if letter.letter_id.removeprefix("d-").startswith(name)]
    if len(name) < _SHORTEST or not found:
        raise NoLetter(
            f"no dead letter is named {name!r} (at least {_SHORTEST} characters); "
            "`incidents dead-letters list` shows what there is"
        )
    if len(found) > 1:
        raise NoLetter(f"{name!r} names {len(found)} dead letters; give more of the id")
    return found[0]


def _place(letter: DeadLetter) -> Place | None:
    if letter.topic is None or letter.partition is None or letter.offset is None:
        return None
    return Place(letter.topic, letter.partition, letter.offset)


def _entry(
    tenant: str, decision: str, index: int, by: By, details: dict[str, str], settings: Settings
) -> AuditEntry:
    """A person's decision: its position is the command's, told apart by its time."""
    return AuditEntry(
        decision_id=digest(decision, tenant, by.person, by.at, details["letters"]),
        tenant=tenant,
        subject="dead-letters",
        decision=decision,
        actor=f"person {by.person}",
        at=by.at,
        position=Position(topic="commands", partition=0, offset=by.at, index=index),
        build=by.build,
        settings_hash=settings.fold_hash(),
        details=details,
    )


async def _publish(bootstrap: str, records: Sequence[Outgoing]) -> None:
    durable = Durable(bootstrap)
    try:
        await durable.publish(records)
    finally:
        await durable.close()
