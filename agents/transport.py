"""Owns how records come out of Kafka: a Faust transport that hands over one batch a partition and fetch.

Faust keeps the agents, the group, its rebalances and the commits; this file replaces what of its consumer
costs too much or loses records (docs/architecture.md, "The batching transport", says why for each):

- the drain loop: batches instead of records, of the present assignment only (`_drain_messages`);
- the bookkeeping of what may be committed: `agents.progress` (`_filter_tps_with_pending_acks`,
  `_new_offset`, `wait_empty`, `on_partitions_revoked`);
- where reading starts: the committed offset, the position that a topic's owner names, or else the earliest
  record, always sought explicitly (`perform_seek`, `stop_flow`, `resume_flow`);
- the client's thread: `agents.fetch`.

May not: know what the records mean, decode them, swallow an error. Goes to: `agents.app`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ConsumerMessage
from faust.types.transports import TPorTopicSet
from mode import ServiceT
from yarl import URL

from agents.fetch import BatchThread, FetchLimits
from agents.progress import Batch, Place, Progress

_POLL_S = 1.0
"""Longest wait of one fetch; a stop waits no longer than this for the loop to see it."""

Handler = Callable[[Batch], Awaitable[None]]
"""Returns when all that follows from the batch is acknowledged; raises to end the process."""
Positions = Callable[[frozenset[int]], Awaitable[Mapping[int, int]]]
"""Given the assigned partitions of its topic, where each is to be read from; the earliest if not named."""
Released = Callable[[frozenset[int]], Awaitable[None]]
"""Told which partitions of its topic are given up, when their batches are finished and committed."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic that a worker reads, and what happens with its batches."""

    topic: str
    handle: Handler
    positions: Positions | None = None
    released: Released | None = None
    at_once: int | None = None
    """Records in one fetch where it is not `FetchLimits.max_records`."""


class BatchConsumer(driver.Consumer):
    """Faust's consumer with batches instead of records, and `Progress` instead of acknowledgements."""

    _thread: BatchThread

    def __init__(self, transport: "BatchTransport", **kwargs: Any) -> None:  # noqa: ANN401 - Faust's own
        self.progress = Progress()
        self.feeds = transport.feeds
        self.limits = transport.limits
        self._opening: tuple[int, dict[TP, int]] | None = None
        self._idle = asyncio.Event()
        super().__init__(transport, **kwargs)

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    def most_of(self, topic: str) -> int:
        """How many records of a topic are fetched at once."""
        return next(
            (f.at_once for f in self.feeds if f.topic == topic and f.at_once), self.limits.max_records
        )

    async def work(self, batch: Batch, handle: Handler) -> None:
        """Let the handler do the batch. It counts as finished only if the handler returns.

        Does nothing with a batch of an older assignment: it is fetched again by whoever has the partition.
        """
        if not self.progress.begin(batch):
            return
        self._idle.clear()
        finished = False
        try:
            await handle(batch)
            finished = True
        finally:
            (self.progress.finish if finished else self.progress.abandon)(batch)
            if self.progress.idle:
                self._idle.set()
        self._thread.wake()

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                if self.flow_active:
                    await self._deliver_next()
                else:
                    await self.wait(cast("Any", self.can_resume_flow))
        except ConsumerStoppedError:
            if not self.app.should_stop:
                raise

    async def _deliver_next(self) -> None:
        for batch in await self._thread.fetch(_POLL_S):
            if not self.progress.take(batch):
                continue
            if batch.records:
                await self.callback(self._message(batch))
            elif self.progress.begin(batch):
                self.progress.finish(batch)

    def _message(self, batch: Batch) -> ConsumerMessage:
        last = batch.records[-1]
        return ConsumerMessage(
            batch.topic,
            batch.partition,
            last.offset,
            last.timestamp_ms / 1000,
            0,
            None,
            None,
            cast("Any", batch),
            None,
            tp=TP(batch.topic, batch.partition),
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Seek every assigned partition to where its reading starts; it is fetched after `resume_flow`."""
        epoch = self.progress.close()
        self._opening = None
        assigned = self.assignment()
        async with asyncio.timeout(self.app.conf.broker_request_timeout * 0.9):
            starts = await self._starts(assigned)
            await self.seek_wait(starts)
        self._opening = (epoch, starts)

    async def _starts(self, assigned: set[TP]) -> dict[TP, int]:
        starts: dict[TP, int] = {}
        by_group = set(assigned)
        for feed in self.feeds:
            if feed.positions is not None:
                partitions = _partitions(assigned, feed.topic)
                named = await feed.positions(partitions)
                starts |= {
                    TP(feed.topic, partition): named[partition] for partition in partitions & named.keys()
                }
                by_group -= {TP(feed.topic, partition) for partition in partitions}
        committed = await self._thread.committed(by_group)
        self._committed_offset.update(dict.fromkeys(assigned) | committed)
        starts |= committed
        unknown = assigned - starts.keys()
        return starts | (dict(await self.earliest_offsets(*unknown)) if unknown else {})

    def stop_flow(self) -> None:
        """Stop fetching; what was fetched and not begun counts as not fetched."""
        super().stop_flow()
        self.progress.close()

    def resume_flow(self) -> None:
        """Start fetching from where `perform_seek` sought.

        Not already there, because Faust empties the agents' queues between the two.
        """
        super().resume_flow()
        if self._opening is not None:
            epoch, starts = self._opening
            self._opening = None
            self.progress.open(cast("Mapping[Place, int]", starts), epoch)
            self._thread.wake()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Give partitions up: finish what is in hand, commit it, and tell their owners."""
        await super().on_partitions_revoked(revoked)
        await self._release(revoked)

    async def on_stop(self) -> None:
        """Give every partition up: Kafka's client tells nobody when it is the process that goes."""
        await super().on_stop()
        await self._release(self.assignment())

    async def _release(self, places: set[TP]) -> None:
        try:
            for feed in self.feeds:
                given_up = _partitions(places, feed.topic)
                if feed.released is not None and given_up:
                    await feed.released(given_up)
        except Exception as error:  # noqa: BLE001 - the callers would log it and go on
            await self.crash(error)

    async def wait_empty(self) -> None:
        """Wait until no handler is at work, and commit."""
        while not self.progress.idle:
            await self._idle.wait()
        await self.commit_and_end_transactions()

    def _filter_tps_with_pending_acks(self, topics: TPorTopicSet | None = None) -> Iterator[TP]:  # noqa: ARG002
        return (TP(*place) for place in self.progress.finished)

    def _new_offset(self, tp: TP) -> int | None:
        return self.progress.finished.get(tp)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Check nothing: Faust's check reads acknowledgements, which are not used here."""


class BatchTransport(driver.Transport):
    """Faust's transport with the batching consumer."""

    Consumer = BatchConsumer

    def __init__(self, url: list[URL], app: AppT, feeds: tuple[Feed, ...], limits: FetchLimits) -> None:
        super().__init__(url, app)
        self.feeds = feeds
        self.limits = limits


def _partitions(places: Iterable[TP], topic: str) -> frozenset[int]:
    return frozenset(place.partition for place in places if place.topic == topic)
