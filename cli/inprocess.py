"""Owns the pipeline in one process: the same intake, router and fold as on Kafka, with lists in place of topics.

Every topic has one partition, batches are as long as the tick's ten seconds. May not: differ in what comes out.
Goes to: replay, backtests and tests.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.settings import Settings
from schemas.signals import Signal
from schemas.topics import INPUT_TOPICS, TICKED_TOPICS
from sources.intake import take
from sources.recording import Delivery, Tick, tick_records
from streams.cause import Output
from streams.fold import Fold
from streams.memory import Memory
from streams.route import mark_of, route
from wire.record import Outgoing

_LAYOUT = dict.fromkeys(TICKED_TOPICS, 1)


class Stored(NamedTuple):
    """One record as a broker would store it."""

    offset: int
    timestamp_ms: int
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(slots=True)
class InProcess:
    """Everything between the gateway and the sinks. `topics` holds the input records, as they can be cited."""

    tenant: str
    settings: Settings
    build: str
    topics: dict[str, list[Stored]] = field(default_factory=lambda: {topic: [] for topic in INPUT_TOPICS})
    dead_letters: int = 0
    _batches: dict[str, list[Stored]] = field(default_factory=dict)
    _fold: Fold | None = None
    _log_end: int = 0

    @property
    def memory(self) -> Memory:
        """What the fold remembers by now."""
        return self._fold.memory if self._fold else Memory(0)

    def run(self, steps: Iterable[Delivery | Tick]) -> Iterator[Output]:
        """Replays a script of deliveries and ticks; yields what the correlator would send, in order."""
        for step in steps:
            if isinstance(step, Tick):
                yield from self._tick(step)
            else:
                self._deliver(step)

    def _deliver(self, delivery: Delivery) -> None:
        intake = take(delivery.source, delivery.body, delivery.headers, delivery.received_at, self.tenant)
        self.dead_letters += len(intake.rejected)
        for taken in intake.published:
            self._store(taken.record, delivery.received_at)

    def _store(self, record: Outgoing, at: int) -> None:
        stored = Stored(len(self.topics[record.topic]), at // 1000, record.value, tuple(record.headers))
        self.topics[record.topic].append(stored)
        self._batches.setdefault(record.topic, []).append(stored)

    def _tick(self, tick: Tick) -> Iterator[Output]:
        for record in tick_records(self.tenant, tick.at, _LAYOUT):
            self._store(record, 0)
        batches, self._batches = self._batches, {}
        # The catalog is known before what refers to it, as where it was published first.
        for topic in sorted(batches, key=lambda name: (name != "catalog", name)):
            yield from self._route(topic, batches[topic])

    def _route(self, topic: str, batch: list[Stored]) -> Iterator[Output]:
        routed = route(topic, 0, batch, 1, self.settings, self.build)
        for _, signal in routed.signals:
            yield from self._apply(signal)
        yield from self._apply(mark_of(topic, 0, batch[-1].offset + 1, _LAYOUT, routed))

    def _apply(self, signal: Signal) -> Iterator[Output]:
        self._fold = self._fold or Fold(Memory(0), self.settings, self.build)
        yield from self._fold.apply(self._log_end, signal)
        self._log_end += 1
