"""The router's hands: a batch of one input partition in, signals and then a mark out, all acknowledged.

What a batch means is decided by `streams.route`. May not: decide, drop, or go on after a failed delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.progress import Batch
from schemas.codec import encode
from schemas.events import HEADER_TENANT
from schemas.model import Message
from schemas.settings import Settings
from streams.route import Routed, mark_of, route
from wire.producer import Outbox


@dataclass(frozen=True, slots=True)
class Router:
    """Routes batches. `layout`: every input topic with its number of partitions; `signals`: partitions of signals."""

    outbox: Outbox
    settings: Settings
    layout: Mapping[str, int]
    signals: int
    build: str

    async def handle(self, batch: Batch) -> None:
        """Returns once everything that follows from the batch is acknowledged; DeliveryFailed otherwise."""
        routed = route(batch.topic, batch.partition, batch.records, self.signals, self.settings, self.build)
        await self._refusals(routed)
        for partition, signal in routed.signals:
            await self._signal(partition, encode("signals", signal))
        mark = encode(
            "signals", mark_of(batch.topic, batch.partition, batch.next_offset, self.layout, routed)
        )
        for partition in range(self.signals):
            await self._signal(partition, mark)
        await self.outbox.flush()

    async def _refusals(self, routed: Routed) -> None:
        for letter in routed.dead_letters:
            await self._send("dead-letters", letter.source, letter, letter.tenant)
        for entry in routed.audits:
            await self._send("audit-entries", f"{entry.tenant}/{entry.subject}", entry, entry.tenant)

    async def _send(self, topic: str, key: str, message: Message, tenant: str) -> None:
        headers = ((HEADER_TENANT, tenant.encode()),)
        await self.outbox.send(topic, key=key.encode(), value=encode(topic, message), headers=headers)

    async def _signal(self, partition: int, value: bytes) -> None:
        await self.outbox.send("signals", key=None, value=value, partition=partition)
