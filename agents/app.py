"""Owns the Faust app of a worker, put together from a table of topics and handlers.

Nothing is discovered: an agent exists because its feed stands in the table. May not: decode, hold state,
start a web server, create topics or folders. Goes to: `agents.worker`, which runs it.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import faust
from faust.app import BootStrategy
from faust.types import Message

from agents.fetch import FetchLimits
from agents.progress import Batch, CannotGoOn, Place
from agents.transport import BatchConsumer, BatchTransport, Feed

_FETCH_BYTES: Final = 4 * 1024 * 1024
"""Of one partition in one answer of the broker: a batch of `agents.router.AT_ONCE` alerts of a storm, compressed."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """One worker: where Kafka is, which group it belongs to, how soon the group notices that it is gone."""

    bootstrap: str
    """host:port, several separated by commas."""
    group: str
    instance: str | None = None
    """Its stable name in the group: a restart under the same name within `session_s` moves no partitions."""
    session_s: float = 6.0
    """Silence after which the group gives its partitions to others; 6 s is the broker's own least value."""
    heartbeat_s: float = 1.5
    rebalance_s: float = 60.0
    """How long the group waits for a member's batches in hand when partitions move."""
    commit_s: float = 1.0
    """Pause between commits: what is finished and not committed is done again after a kill."""
    limits: FetchLimits = field(default_factory=FetchLimits)


class HandlerFailed(CannotGoOn):
    """A handler raised: nothing of the batch counts as done."""

    def __init__(self, batch: Batch, cause: Exception) -> None:
        super().__init__(
            f"{batch.topic}/{batch.partition} from offset {batch.first_position}: "
            f"{type(cause).__name__}: {cause}"
        )


class BatchSchema(faust.Schema[None, Batch]):
    """Hands a batch through: there is nothing to decode, so nothing to fail before the handler sees it."""

    def compile(self, app: Any, **_: Any) -> Any:  # noqa: ANN401 - Faust's own signature is as wide
        """A decoder that makes the event of a batch."""

        async def decode(message: Message, **_: bool) -> Any:  # noqa: ANN401 - the same
            return app.create_event(None, message.value, {}, message)

        return decode


class _WithoutWeb(BootStrategy):
    """No web server, whatever the command line says: Faust's has no login and listens everywhere."""

    enable_web = False


class BatchApp(faust.App):
    """A Faust app whose agents get batches. `failed` is set once, by the first error that ends it."""

    BootStrategy = _WithoutWeb

    def __init__(self, settings: WorkerSettings, feeds: Sequence[Feed]) -> None:
        self.feeds = tuple(feeds)
        self.limits = settings.limits
        self.failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        super().__init__(settings.group, **_faust_settings(settings))

    @property
    def batches(self) -> BatchConsumer:
        """Its consumer."""
        return cast("BatchConsumer", self.consumer)

    @property
    def assigned(self) -> frozenset[Place]:
        """The partitions that this worker reads now; empty before the first assignment."""
        return self.batches.progress.assigned

    @property
    def positions(self) -> Mapping[Place, int]:
        """The next offset of each partition that this worker reads; another thread may ask."""
        return self.batches.progress.due

    def fail(self, error: Exception) -> None:
        """End the worker with this error; the first one counts."""
        if not self.failed.done():
            self.failed.set_result(error)

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self, self.feeds, self.limits)

    def _create_directories(self) -> None:
        """Make no folders: Faust's are for tables, and there are none."""


def build_app(settings: WorkerSettings, feeds: Sequence[Feed]) -> BatchApp:
    """The app with one agent a feed. Call it on the loop that will run it.

    An agent hands one batch after the other to its handler; agents of different topics take turns wherever
    their handlers wait. An error of a handler commits nothing and ends the worker.
    """
    app = BatchApp(settings, feeds)
    for feed in feeds:
        topic = app.topic(feed.topic, schema=BatchSchema(), acks=False)
        app.agent(topic, name=f"agents.{feed.topic}", concurrency=1)(_agent(app, feed))
    return app


def _agent(app: BatchApp, feed: Feed) -> Any:  # noqa: ANN401 - an agent function, by Faust's own types
    async def consume(stream: Any) -> None:  # noqa: ANN401 - Faust reads the annotation to find the stream
        async for batch in stream:
            await _work(app, feed, batch)

    return consume


async def _work(app: BatchApp, feed: Feed, batch: Batch) -> None:
    try:
        await app.batches.work(batch, feed.handle)
    except CannotGoOn as error:
        app.fail(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the process leaves with it
        failed = HandlerFailed(batch, error)
        failed.__cause__ = error
        app.fail(failed)


def _faust_settings(settings: WorkerSettings) -> dict[str, Any]:
    return {
        "broker": ";".join(f"kafka://{address}" for address in settings.bootstrap.split(",")),
        "broker_client_id": settings.instance or settings.group,
        "broker_session_timeout": settings.session_s,
        "broker_heartbeat_interval": settings.heartbeat_s,
        "broker_rebalance_timeout": settings.rebalance_s,
        "broker_commit_interval": settings.commit_s,
        "consumer_max_fetch_size": _FETCH_BYTES,
        "consumer_group_instance_id": settings.instance,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "autodiscover": False,
        "web_enabled": False,
        "loglevel": logging.CRITICAL,
    }
