"""The router's thought: what input records become in `signals`, and what becomes of those that cannot be understood.

Pure over one batch of one input partition: decode, redact, resolve the scope, fold repeats, mark how far it came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from schemas.audit import AuditEntry, DeadLetter, Position
from schemas.codec import Undecodable
from schemas.events import (
    HEADER_INGESTED_AT,
    HEADER_TENANT,
    HEADER_TICK,
    AlertFacts,
    ChangeFacts,
    EntityFacts,
)
from schemas.identity import content_hash, digest, partition_of
from schemas.model import built, trusted
from schemas.settings import Settings, TenantSettings, is_replay
from schemas.signals import LIVE_CLOCK, Mark, Signal, Span
from schemas.times import EARLIEST, LATEST, MINUTE
from streams.bodies import BODIES, KINDS, Facts
from streams.evidence import original_hash
from streams.limits import shorten
from streams.published import HEADER_CONTENT_TYPE, is_json, read_published
from streams.redact import redact
from streams.repeats import Repeats, followed

_FORGED = MINUTE
"""An ingest stamp or a live tick further than this from the broker's time is replaced."""
_MAX_DIGITS = 20
_KEPT_BYTES = 65_536
"""How much of what could not be understood is kept."""
_CACHED = 4_096
"""Distinct values whose reading is remembered: in a storm most records repeat an earlier one byte for byte."""
_CACHED_BYTES = 8_192  # larger values are read each time, so that what is remembered stays small


_NO_BODY = dict.fromkeys(("alert", "change", "entity", "mark", "feedback", "answer"))


class Raw(Protocol):
    """One record as the broker stores it."""

    @property
    def offset(self) -> int:
        """Offset in its partition."""

    @property
    def timestamp_ms(self) -> int:
        """The broker's time of it, in milliseconds since 1970 UTC."""

    @property
    def value(self) -> bytes | None:
        """The value; none for a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Headers in order."""


class Read(NamedTuple):
    """What a value says, redacted, the hash of its original, and whether the broker's time is its event time."""

    facts: Facts
    content_hash: str
    time_assumed: bool = False
    is_shortened: bool = False
    """True where names, texts or labels were too long and have been cut."""


@dataclass(slots=True)
class Routed:
    """What follows from one batch: signals with their partition in order, then the mark, for every partition."""

    signals: list[tuple[int, Signal]] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    audits: list[AuditEntry] = field(default_factory=list)
    clocks: dict[str, int] = field(default_factory=dict)
    repeats: Repeats = field(default_factory=Repeats)
    tenants: dict[bytes, TenantSettings] = field(default_factory=dict)


class _Place(NamedTuple):
    """Where a record is, and what its headers say."""

    topic: str
    partition: int
    record: Raw
    headers: dict[str, bytes]


def route(
    topic: str, partition: int, records: Iterable[Raw], partitions: int, settings: Settings, build: str
) -> Routed:
    """Routes a batch of one input partition to `partitions` partitions of `signals`. Raises nothing for any bytes."""
    routed = Routed()
    for record in records:
        place = _Place(topic, partition, record, dict(record.headers))
        try:
            _route_one(place, partitions, settings, routed)
        except Undecodable as wrong:
            _refuse(place, wrong, settings, build, routed)
    routed.repeats.fold_into(routed.signals)
    routed.signals = followed(routed.signals)
    return routed


def mark_of(
    topic: str, partition: int, next_offset: int, layout: Mapping[str, int], routed: Routed
) -> Signal:
    """The mark that closes a batch: everything before `next_offset` has been written."""
    mark = built(
        Mark,
        topic=topic,
        partition=partition,
        next_offset=next_offset,
        clocks=dict(routed.clocks),
        layout=dict(layout),
    )
    return built(Signal, kind="mark", mark=mark)


def _route_one(place: _Place, partitions: int, settings: Settings, routed: Routed) -> None:
    if HEADER_TICK in place.headers:
        _tick(place, routed)
        return
    tenant = _tenant(place, settings, routed)
    ingested_at, notes = _ingest_time(place, tenant.name)
    key = (tenant.name, place.record.value, place.headers.get(HEADER_CONTENT_TYPE), -(-ingested_at // MINUTE))
    if routed.repeats.again(key, place.record.offset, ingested_at):
        return
    read = _read(place)
    notes = (*notes, "no_time") if read.time_assumed else notes
    notes = (*notes, "shortened") if read.is_shortened else notes
    if isinstance(read.facts, AlertFacts) and not read.facts.is_bare_end:
        named = _environment(read.facts, tenant)
        environment = named or tenant.default_environment
        notes = notes if named else (*notes, "no_environment")
        routed.repeats.first(key, len(routed.signals), place.record.offset, ingested_at)
        signal = _signal(place, tenant.name, environment, read, ingested_at, notes)
        routed.signals.append((partition_of(tenant.name, environment, partitions), signal))
        return
    environment_or_all = _environment(read.facts, tenant)
    signal = _signal(place, tenant.name, environment_or_all, read, ingested_at, notes)
    if environment_or_all is None:
        routed.signals.extend((number, signal) for number in range(partitions))
    else:
        routed.signals.append((partition_of(tenant.name, environment_or_all, partitions), signal))


def _tick(place: _Place, routed: Routed) -> None:
    """Time has come this far: on the shared clock, near the broker's, or on a replay's own that a tenant names."""
    tenant = place.headers.get(HEADER_TENANT, b"").decode("utf-8", "replace")
    clock, broker = tenant if is_replay(tenant) else LIVE_CLOCK, place.record.timestamp_ms * 1000
    reached = _number(place.headers[HEADER_TICK], "tick")
    if clock == LIVE_CLOCK and abs(reached - broker) > _FORGED:
        reached = broker
    routed.clocks[clock] = max(reached, routed.clocks.get(clock, reached))


def _tenant(place: _Place, settings: Settings, routed: Routed) -> TenantSettings:
    name = place.headers.get(HEADER_TENANT)
    if name is None:
        raise Undecodable(
            "no_tenant", f"the record has no header {HEADER_TENANT!r}; set it to a declared tenant"
        )
    if name in routed.tenants:
        return routed.tenants[name]
    tenant = settings.tenant(name.decode("utf-8", "replace"))
    if tenant is None:
        raise Undecodable(
            "unknown_tenant", f"tenant {name.decode('utf-8', 'replace')[:80]!r} is not declared"
        )
    routed.tenants[name] = tenant
    return tenant


def _ingest_time(place: _Place, tenant: str) -> tuple[int, tuple[str, ...]]:
    """The gateway's stamp, or the broker's time where there is none or it is too far off; replays keep theirs."""
    broker, stamp = place.record.timestamp_ms * 1000, place.headers.get(HEADER_INGESTED_AT)
    if stamp is None:
        return broker, ()
    stamped = _number(stamp, HEADER_INGESTED_AT)
    if is_replay(tenant) or abs(stamped - broker) <= _FORGED:
        return stamped, ()
    return broker, ("ingest_replaced",)


def _number(raw: bytes, header: str) -> int:
    try:
        value = int(raw) if len(raw) <= _MAX_DIGITS else LATEST + 1
    except ValueError as wrong:
        raise Undecodable("bad_header", f"header {header!r} is no decimal number of microseconds") from wrong
    if not EARLIEST <= value <= LATEST:
        raise Undecodable("bad_header", f"header {header!r} is out of range")
    return value


def _read(place: _Place) -> Read:
    """A value that leaves its time to the broker is never the same as another, so it is not remembered."""
    value, as_json = place.record.value or b"", is_json(place.headers)
    found = (_remembered if len(value) <= _CACHED_BYTES else _understood)(place.topic, value, as_json)
    if not found.time_assumed:
        return found
    return _understood(place.topic, value, as_json, place.record.timestamp_ms * 1000)


@lru_cache(maxsize=_CACHED)
def _remembered(topic: str, value: bytes, as_json: bool) -> Read:  # noqa: FBT001 - the key of the memory
    return _understood(topic, value, as_json)


def _understood(topic: str, value: bytes, as_json: bool, broker_at: int = 0) -> Read:  # noqa: FBT001 - the same
    message, assumed = read_published(topic, value, as_json=as_json, broker_at=broker_at)
    facts = BODIES[type(message)]
    cleaned: Any = redact(message.model_dump(include=set(facts.model_fields)))
    is_shortened = shorten(cleaned)
    return Read(facts.model_validate(cleaned), original_hash(message), assumed, is_shortened)


def _environment(facts: Facts, tenant: TenantSettings) -> str | None:
    """The environment that an event names, in the tenant's own words; else what its namespace stands for.

    A catalog entry has none; what is about a candidate names the candidate's, as it stands there.
    """
    if not isinstance(facts, AlertFacts | ChangeFacts):
        return None if isinstance(facts, EntityFacts) else facts.environment
    named = (facts.environment or "").strip().lower()
    if named:
        return tenant.environments.get(named, named)
    return tenant.environments.get((facts.namespace or "").lower())


def _signal(
    place: _Place, tenant: str, environment: str | None, read: Read, ingested_at: int, notes: tuple[str, ...]
) -> Signal:
    facts = read.facts
    notified_at = facts.notified_at if isinstance(facts, AlertFacts | ChangeFacts) else None
    offset = place.record.offset
    where = {"topic": place.topic, "partition": place.partition, "first": offset, "last": offset}
    kind = KINDS[type(facts)]
    fields = {
        "kind": kind,
        "tenant": tenant,
        "environment": environment,
        "ingested_at": ingested_at,
        "notified_at": ingested_at if notified_at is None else min(notified_at, ingested_at),
        "last_ingested_at": ingested_at,
        "count": 1,
        "spans": (trusted(Span, where),),
        "content_hash": read.content_hash,
        "notes": notes,
        "more_follows": False,
        **_NO_BODY,
        kind: facts,
    }
    return trusted(Signal, fields)


def _refuse(place: _Place, wrong: Undecodable, settings: Settings, build: str, routed: Routed) -> None:
    """What could not be understood goes to dead-letters with its reason and place, and the refusal on record."""
    value, at = place.record.value or b"", place.record.timestamp_ms * 1000
    tenant = place.headers.get(HEADER_TENANT, b"").decode("utf-8", "replace")[:80]
    where = (place.topic, place.partition, place.record.offset)
    letter = DeadLetter(
        letter_id="d-" + digest("letter", *where),
        tenant=tenant,
        source=place.topic,
        reason=wrong.reason,
        detail=str(wrong),
        topic=place.topic,
        partition=place.partition,
        offset=place.record.offset,
        received_at=at,
        original=value[:_KEPT_BYTES],
        original_hash=content_hash(value),
        original_size=len(value),
        restricted=True,
    )
    routed.dead_letters.append(letter)
    routed.audits.append(
        AuditEntry(
            decision_id=digest("decision", *where, "refused", wrong.reason),
            tenant=tenant,
            subject=letter.letter_id,
            decision="refused",
            actor="router",
            at=at,
            position=Position(topic=place.topic, partition=place.partition, offset=place.record.offset),
            build=build,
            settings_hash=settings.fold_hash(),
            details={"reason": wrong.reason, "source": place.topic},
        )
    )
