"""Owns putting each process together from the parts of its packages.

It imports everything that runs, a second's work: only `cli.processes` may import it, and only to run one. May not:
hold logic.
"""

import asyncio

from agents.app import BatchApp, WorkerSettings
from agents.auditor import run_auditor
from agents.correlator import Correlator
from agents.garbage import spare
from agents.observing import watch_folds
from agents.querier import run_querier
from agents.router import AT_ONCE, Router
from agents.snapshots import Snapshots
from agents.ticks import write_ticks
from agents.transport import Feed
from agents.worker import Beside, run_worker
from cli.build import build
from cli.health import Health
from cli.tracing import traced
from schemas.metrics import SNAPSHOT_AGE, SNAPSHOT_BYTES
from schemas.settings import Settings
from schemas.topics import INPUT_TOPICS, TICKED_TOPICS, TOPICS
from sinks.page.serving import run_page
from sinks.sink import run_sink
from sources.serving import run_gateway
from wire.gaps import Witness
from wire.lag import LagWatch
from wire.meters import watch
from wire.presence import require_topics
from wire.producer import Outbox
from wire.tracing import Traces

_ASSIGNED_POLL_S = 0.05


def gateway(settings: Settings, health: Health) -> int:
    """Runs the gateway; its exit code."""
    spare()
    with traced(settings, "gateway") as traces:
        return run_gateway(settings, build=build(), ready=health.ready, traces=traces)


def worker(settings: Settings, name: str, group: str, health: Health) -> int:
    """Runs a worker of the group; its exit code."""
    with traced(settings, name) as traces:
        feeds, beside = _worker_parts(settings, health, traces)
        told = WorkerSettings(settings.kafka.bootstrap, group, name)
        return run_worker(told, feeds, beside, Witness(name, build(), settings.fold_hash()))


def auditor(settings: Settings, health: Health) -> int:
    """Runs the auditor; its exit code."""
    return run_auditor(settings, build(), health.ready)


def sink(settings: Settings, name: str, health: Health, *, accept_gaps: bool) -> int:
    """Runs the sink; its exit code."""
    spare()
    with traced(settings, name) as traces:
        return run_sink(settings, health.ready, build(), accept_gaps=accept_gaps, traces=traces)


def querier(settings: Settings, health: Health) -> int:
    """Runs the query agent; its exit code."""
    return run_querier(settings, build(), health.ready)


def web(settings: Settings, health: Health) -> int:
    """Serves the page; the exit code."""
    return run_page(settings, build(), health.ready)


def _worker_parts(
    settings: Settings, health: Health, traces: Traces | None
) -> tuple[tuple[Feed, ...], tuple[Beside, ...]]:
    """What a worker reads, and what runs beside that."""
    layout = require_topics(settings.kafka.bootstrap, TOPICS)
    outbox = Outbox(settings.kafka.bootstrap)
    feeds = (*_routing(outbox, settings, layout, traces), _correlating(outbox, settings, traces))
    return feeds, (_ticking(outbox), _telling(health), _measuring(settings.kafka.bootstrap))


def _routing(
    outbox: Outbox, settings: Settings, layout: dict[str, int], traces: Traces | None
) -> tuple[Feed, ...]:
    inputs = {topic: layout[topic] for topic in TICKED_TOPICS}
    router = Router(outbox, settings, inputs, layout["signals"], build(), traces)
    return tuple(Feed(topic, router.handle, at_once=AT_ONCE) for topic in INPUT_TOPICS)


def _correlating(outbox: Outbox, settings: Settings, traces: Traces | None) -> Feed:
    snapshots = Snapshots(outbox, settings.kafka.bootstrap, settings.state)
    correlator = Correlator(outbox, snapshots, settings, build(), traces)
    watch_folds(correlator.folds, settings.correlation)
    watch(SNAPSHOT_AGE, correlator.snapshot_ages)
    watch(SNAPSHOT_BYTES, lambda: {(str(number),): size for number, size in dict(snapshots.sizes).items()})
    return Feed("signals", correlator.handle, correlator.positions, correlator.released)


def _ticking(outbox: Outbox) -> Beside:
    async def tick(app: BatchApp) -> None:
        await write_ticks(outbox, lambda: {place for place in app.assigned if place[0] in TICKED_TOPICS})

    return tick


def _measuring(bootstrap: str) -> Beside:
    async def measure(app: BatchApp) -> None:
        lag = LagWatch(bootstrap, lambda: app.positions)
        try:
            await asyncio.Event().wait()
        finally:
            lag.close()

    return measure


def _telling(health: Health) -> Beside:
    async def tell(app: BatchApp) -> None:
        while not app.assigned:  # noqa: ASYNC110 - Faust tells nobody when partitions open
            await asyncio.sleep(_ASSIGNED_POLL_S)
        health.ready()

    return tell
