"""A small world for tests of the core: makers of alerts, changes and entries, and a log that is folded.

Times are seconds after a fixed moment, so that cases read as stories.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas.answers import Answer
from schemas.codec import encode
from schemas.events import Alert, Change, ChangeKind, Entity, Severity
from schemas.feedback import Feedback
from schemas.identity import content_hash
from schemas.model import Message
from schemas.packets import Candidate, Packet
from schemas.settings import Settings
from schemas.signals import Mark, Signal
from schemas.times import LATEST, SECOND, format_time, parse_time
from streams.cause import Output
from streams.clock import clock_of
from streams.fold import Fold
from streams.memory import Memory
from streams.route import mark_of, route

TENANT = "replay-test"
T0 = parse_time("2026-02-03T03:00:00Z")
INPUTS = {"alerts": 1, "deploys": 1, "flags": 1, "configs": 1, "catalog": 1}
"""The inputs that clocks wait for."""


def at(seconds: float) -> int:
    """Microseconds of the moment so many seconds into the story."""
    return T0 + round(seconds * SECOND)


def alert(
    service: str | None,
    name: str = "HighErrorRate",
    *,
    start: float,
    fingerprint: str | None = None,
    status: str = "firing",
    severity: Severity = "critical",
    environment: str | None = "production",
    end: float | None = None,
) -> Alert:
    """An alert of a service, as an adapter makes it."""
    named = fingerprint or content_hash(f"{service}/{name}".encode())[:16]
    starts_at = format_time(at(start))
    return Alert(
        source="alertmanager",
        source_ref=f"alertmanager:{named}@{starts_at}",
        fingerprint=named,
        name=name,
        status="resolved" if status == "resolved" else "firing",
        severity=severity,
        service=service,
        environment=environment,
        labels={"alertname": name, "service": service or ""},
        starts_at=at(start),
        ends_at=at(start + 60 if end is None else end) if status == "resolved" else None,
        original=f'{{"alertname":"{name}","service":"{service}","startsAt":"{starts_at}"}}',
    )


def change(
    kind: ChangeKind,
    what: str,
    *,
    when: float,
    service: str | None = None,
    before: str | None = "old",
    after: str | None = "new",
    environment: str | None = "production",
) -> Change:
    """A change that took effect, as an adapter makes it."""
    target = {
        "deploy": f"service/{what}",
        "flag": f"flag/{what}",
        "config": f"config/configmaps/shop/{what}",
    }[kind]
    effective_at = format_time(at(when))
    return Change(
        kind=kind,
        source="test",
        source_ref=f"test:{kind}/{what}@{effective_at}",
        target=target,
        service=service,
        environment=environment,
        title=f"{kind} {what} {before} -> {after}",
        before=before,
        after=after,
        actor="d.ito",
        effective_at=at(when),
        original=f'{{"what":"{what}","at":"{effective_at}","to":"{after}","by":"d.ito"}}',
    )


def entity(name: str, *needs: str, owner: str | None = None) -> Entity:
    """A catalog entry of a component that needs others."""
    return Entity(
        entity=f"component:default/{name}",
        kind="component",
        name=name,
        owner=owner or f"team-{name}",
        depends_on=tuple(f"component:default/{other}" for other in needs),
        original=f'{{"name":"{name}","owner":"{owner or f"team-{name}"}","needs":"{" ".join(needs)}"}}',
    )


SHOP = (
    entity("frontend", "checkout", "cart"),
    entity("checkout", "payment", "cart"),
    entity("payment"),
    entity("cart"),
    entity("billing", "ledger"),
    entity("ledger"),
)
"""frontend -> checkout -> payment, frontend and checkout -> cart; billing -> ledger stands apart."""


_TOPICS: dict[type[Message], str] = {
    Alert: "alerts",
    Entity: "catalog",
    Feedback: "feedback",
    Answer: "answers",
}


@dataclass(frozen=True)
class Stored:
    """A record as the broker would store it."""

    offset: int
    timestamp_ms: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class Sent:
    """One record on its way: topic, value, and when it was received, in seconds of the story."""

    message: Message
    received: float

    @property
    def topic(self) -> str:
        """The topic that takes such a message."""
        if isinstance(self.message, Change):
            return {"deploy": "deploys", "flag": "flags", "config": "configs"}[self.message.kind]
        return _TOPICS[type(self.message)]


@dataclass
class World:
    """Input topics of one partition each, the router and the fold behind them, all in one process."""

    settings: Settings = field(default_factory=Settings)
    tenant: str = TENANT
    build: str = "test"
    topics: dict[str, list[Stored]] = field(
        default_factory=lambda: {topic: [] for topic in (*INPUTS, "feedback", "answers")}
    )
    log: list[Signal] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    memory: Memory = field(default_factory=lambda: Memory(0))

    def send(self, sent: Iterable[Sent], *, fold_repeats: bool = True, stamped: int | None = None) -> None:
        """Publishes records, and routes and folds them, those next to each other on one topic as one batch.

        `stamped` is an ingest stamp other than the time at which they were received.
        """
        batch: list[Stored] = []
        topic = ""
        for item in sent:
            if item.topic != topic or not fold_repeats:
                self._route(topic, batch)
                topic, batch = item.topic, []
            batch.append(self._store(item, at(item.received) if stamped is None else stamped))
        self._route(topic, batch)

    def _store(self, sent: Sent, stamp: int) -> Stored:
        headers = (("tenant", self.tenant.encode()), ("ingested-at", str(stamp).encode()))
        topic = self.topics[sent.topic]
        record = Stored(len(topic), at(sent.received) // 1000, encode(sent.topic, sent.message), headers)
        topic.append(record)
        return record

    def _route(self, topic: str, batch: list[Stored]) -> None:
        if not batch:
            return
        routed = route(topic, 0, batch, 1, self.settings, self.build)
        signals = [signal for _, signal in routed.signals]
        self.fold([*signals, mark_of(topic, 0, batch[-1].offset + 1, INPUTS, routed)])

    def tick(self, seconds: float | None, only: str | None = None) -> None:
        """Lets time come to this second of the story on every input, or only on one; None ends the story."""
        reached = LATEST if seconds is None else at(seconds)
        marks = [
            Mark(topic=t, partition=0, next_offset=0, clocks={clock_of(self.tenant): reached}, layout=INPUTS)
            for t in INPUTS
            if only in (None, t)
        ]
        self.fold([Signal(kind="mark", mark=mark) for mark in marks])

    def fold(self, signals: Iterable[Signal]) -> None:
        """Appends signals to the log and folds them."""
        fold = Fold(self.memory, self.settings, self.build)
        for signal in signals:
            self.outputs.extend(fold.apply(len(self.log), signal))
            self.log.append(signal)

    def packets(self) -> list[Packet]:
        """All packets so far, in order."""
        return [output.message for output in self.outputs if isinstance(output.message, Packet)]

    def candidates(self) -> dict[str, Candidate]:
        """The latest revision of every candidate that was not merged into another."""
        latest = {o.message.candidate_id: o.message for o in self.outputs if isinstance(o.message, Candidate)}
        return {name: candidate for name, candidate in latest.items() if candidate.merged_into is None}

    def groups(self) -> list[list[str]]:
        """The services of the alerts of every final candidate, by opening."""
        ordered = sorted(self.candidates().values(), key=lambda c: (c.opened_at, c.candidate_id))
        return [sorted({str(member.service) for member in c.members}) for c in ordered]


def shop(*sent: Sent, ended: bool = True, settings: Settings | None = None) -> World:
    """The shop's catalog, then these records, then the end of the story."""
    world = World(settings=settings or Settings())
    world.send(Sent(message, 0) for message in SHOP)
    world.send(sent)
    if ended:
        world.tick(None)
    return world


def fires(
    service: str | None = "payment", start: float = 100, name: str = "HighErrorRate", **more: str | None
) -> Sent:
    """An alert that is received as it starts."""
    return Sent(alert(service, name, start=start, fingerprint=more.get("fingerprint")), start)


def sent_at_once(made: Change) -> Sent:
    """A change that is received as it takes effect."""
    return Sent(made, (made.effective_at - T0) / SECOND)


def turned_on(when: float, service: str | None = "payment", what: str = "express") -> Sent:
    """A flag of a service that is turned on."""
    return sent_at_once(change("flag", what, when=when, service=service, before="off", after="on"))


def last_packet(*sent: Sent, settings: Settings | None = None) -> Packet:
    """The last packet of a story of the shop that is told to its end."""
    return shop(*sent, settings=settings).packets()[-1]


def payment_incident() -> tuple[Sent, ...]:
    """A flag on payment, then payment, checkout and frontend fail; something else changes at the ledger."""
    return (
        sent_at_once(change("deploy", "books", when=30, service="ledger")),
        turned_on(40),
        fires(),
        fires("checkout", 130),
        fires("frontend", 160, "Latency"),
    )
