"""Owns the thread in which the Kafka client lives: fetching batches with exact positions, and committing.

The client's position before and after a fetch are read in one go with the fetch itself, so that a batch
tells exactly which stretch of the log it covers. The client keeps the errors of its background tasks for
callers of its own `getmany`; Faust calls its fetcher directly and would hang, so they are asked for here.

May not: run on the main loop (except where a method says so), decide where reading starts, decode.
Goes to: `agents.transport`.
"""

# ruff: noqa: SLF001 - exact positions and hidden errors are not to be had from the client's public face

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import aiokafka
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import ConsumerStoppedError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from agents.progress import Batch, CannotGoOn, Place, Record

if TYPE_CHECKING:
    from agents.transport import BatchConsumer


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much is fetched, and how long the broker may wait for it."""

    max_records: int = 4_000
    """Records in one fetch, where a feed says nothing else: bounds how long a batch holds the loop and a rebalance."""
    max_wait_ms: int = 50
    """A partition that was just read is left out of the fetch under way: its next record waits this long."""


class OutOfRange(CannotGoOn):
    """The log no longer has, or never had, the offset at which reading was to go on."""

    def __init__(self, places: Mapping[Place, int]) -> None:
        self.places = {(topic, partition): offset for (topic, partition), offset in places.items()}
        where = ", ".join(
            f"{topic}/{partition} at {offset}" for (topic, partition), offset in self.places.items()
        )
        super().__init__(
            f"the log does not reach {where}: records were deleted before they were read, or the topic was "
            "made anew; nothing is skipped by itself: set the group's offsets by hand to go on"
        )


class BatchThread(driver.AIOKafkaConsumerThread):
    """The thread in which the Kafka client lives."""

    consumer: "BatchConsumer"

    async def fetch(self, timeout_s: float) -> list[Batch]:
        """Batches of partitions that are free, or nothing after `timeout_s`. Called from the main loop."""
        return cast("list[Batch]", await self.call_thread(self._fetch, timeout_s))

    def wake(self) -> None:
        """What may be fetched has changed: let a waiting fetch look again. Called from the main loop."""
        if self._consumer is not None and not self.should_stop:
            self.thread_loop.call_soon_threadsafe(self._notify_waiters)

    async def committed(self, places: Iterable[TP]) -> dict[TP, int]:
        """The committed offsets of the partitions that have one. Called from the main loop."""
        return cast("dict[TP, int]", await self.call_thread(self._committed, tuple(places)))

    async def on_thread_stop(self) -> None:
        """Stop the client. Its own stop breaks off when a request was waiting to be tried again."""
        with contextlib.suppress(asyncio.CancelledError):
            await super().on_thread_stop()

    def on_crash(self, msg: str, *fmt: object, **kwargs: object) -> None:
        """Print nothing: the worker tells the reason in one line."""

    async def _fetch(self, timeout_s: float) -> list[Batch]:
        client = self._ensure_consumer()
        end = self.thread_loop.time() + timeout_s
        with client._subscription.fetch_context():
            while True:
                batches = await self._drain(client)
                remaining = end - self.thread_loop.time()
                if batches or remaining <= 0 or self.should_stop:
                    return batches
                await self._wait_for_records(client, remaining)

    async def _drain(self, client: aiokafka.AIOKafkaConsumer) -> list[Batch]:
        """What the client has for free partitions. Never suspends, so that the positions are exact."""
        _raise_hidden_errors(client)
        lease = self.consumer.progress.lease
        ready = [place for place in lease.free if place in client._fetcher._records]
        if not ready or not self.consumer.flow_active or client._subscription.reassignment_in_progress:
            return []
        before = _positions(client, ready)
        fetched = await self._taken(client, ready)
        after = _positions(client, before)
        return [
            Batch(*place, _records(fetched.get(place, ())), before[place], after[place], lease.epoch)
            for place in after
            if after[place] != before[place]
        ]

    async def _taken(self, client: aiokafka.AIOKafkaConsumer, ready: list[Place]) -> dict[Place, list[Any]]:
        """The records of each, as many of a topic at once as its feed takes."""
        fetched: dict[Place, list[Any]] = {}
        most_of = {place: self.consumer.most_of(place[0]) for place in ready}
        try:
            for most in sorted(set(most_of.values())):
                places = [place for place in ready if most_of[place] == most]
                fetched |= await client._fetcher.fetched_records(places, 0, most)
        except OffsetOutOfRangeError as error:
            raise OutOfRange(error.args[0]) from error
        return fetched

    async def _wait_for_records(self, client: aiokafka.AIOKafkaConsumer, timeout_s: float) -> None:
        waiter = client._fetcher._create_fetch_waiter()
        done, _ = await asyncio.wait([waiter], timeout=timeout_s)
        if done:
            waiter.result()
        else:
            waiter.cancel()

    def _notify_waiters(self) -> None:
        fetcher = self._ensure_consumer()._fetcher
        for waiter in tuple(fetcher._fetch_waiters):
            fetcher._notify(waiter)

    async def _committed(self, places: tuple[TP, ...]) -> dict[TP, int]:
        client = self._ensure_consumer()
        offsets = await asyncio.gather(
            *(client.committed(driver.ensure_aiokafka_TP(place)) for place in places)
        )
        return {place: offset for place, offset in zip(places, offsets, strict=True) if offset is not None}

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = RoundRobinPartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=self.consumer.limits.max_wait_ms,
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )


def _raise_hidden_errors(client: aiokafka.AIOKafkaConsumer) -> None:
    """Raise what the client keeps for callers of its own `getmany`, which Faust is not."""
    if client._closed or client._fetcher._closed:
        raise ConsumerStoppedError
    client._coordinator.check_errors()
    task = client._fetcher.error_future
    if task.done():
        task.result()


def _positions(client: aiokafka.AIOKafkaConsumer, places: Iterable[Place]) -> dict[Place, int]:
    assignment = client._subscription.subscription.assignment
    states = ((place, assignment.state_value(place)) for place in places)
    return {
        (place[0], place[1]): state.position
        for place, state in states
        if state is not None and state.has_valid_position
    }


def _records(fetched: Iterable[Any]) -> list[Record]:
    return [Record(one.offset, one.timestamp, one.key, one.value, one.headers) for one in fetched]
