"""The router's hands: a batch of one input partition in, signals and then a mark out, all acknowledged.

What a batch means is decided by `streams.route`. May not: decide, drop, or go on after a failed delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agents import observing
from agents.progress import Batch
from agents.tracing import begun, ended
from schemas.codec import encode
from schemas.events import HEADER_TENANT
from schemas.model import Message
from schemas.settings import Settings
from schemas.topics import TOPICS
from streams.route import Routed, mark_of, route
from wire.producer import Outbox
from wire.tracing import Headers, Traces, carried

AT_ONCE: Final = 10_000
"""Records in one batch where there is a backlog: the more there are, the more repeats become one signal."""


@dataclass(frozen=True, slots=True)
class Router:
    """Routes batches. `layout`: every input topic with its number of partitions; `signals`: partitions of signals."""

    outbox: Outbox
    settings: Settings
    layout: Mapping[str, int]
    signals: int
    build: str
    traces: Traces | None = None

    async def handle(self, batch: Batch) -> None:
        """Returns once everything that follows from the batch is acknowledged; DeliveryFailed otherwise."""
        spans = begun(self.traces, "router", batch)
        routed = route(batch.topic, batch.partition, batch.records, self.signals, self.settings, self.build)
        await self._refusals(routed)
        for partition, signal in routed.signals:
            trace = carried(spans.get(signal.spans[0].first)) if spans else ()
            await self._signal(partition, encode("signals", signal), trace)
        # Without a tick no clock moves, and the next tick's mark covers these records, too: it is at most a
        # second away, while a mark a batch would wake the fold of every partition for nothing. An input without
        # ticks is seldom written to.
        if routed.clocks or not TOPICS[batch.topic].ticks:
            await self._mark(batch, routed)
        await self.outbox.flush()
        ended(spans)
        observing.routed(batch, routed)

    async def _mark(self, batch: Batch, routed: Routed) -> None:
        mark = mark_of(batch.topic, batch.partition, batch.next_offset, self.layout, routed)
        value = encode("signals", mark)
        for partition in range(self.signals):
            await self._signal(partition, value)

    async def _refusals(self, routed: Routed) -> None:
        for letter in routed.dead_letters:
            await self._send("dead-letters", letter.source, letter, letter.tenant)
        for entry in routed.audits:
            await self._send("audit-entries", f"{entry.tenant}/{entry.subject}", entry, entry.tenant)

    async def _send(self, topic: str, key: str, message: Message, tenant: str) -> None:
        headers = ((HEADER_TENANT, tenant.encode()),)
        await self.outbox.send(topic, key=key.encode(), value=encode(topic, message), headers=headers)

    async def _signal(self, partition: int, value: bytes, trace: Headers = ()) -> None:
        await self.outbox.send("signals", key=None, value=value, partition=partition, headers=trace)
