"""Owns the commands that run one process each, as production does: gateway, worker, auditor, sink, querier, web.

May not: hold logic; every part comes from its own package and is put together here.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import structlog
import typer

from agents.app import BatchApp, WorkerSettings
from agents.auditor import run_auditor
from agents.correlator import Correlator
from agents.observing import watch_folds
from agents.querier import run_querier
from agents.router import Router
from agents.snapshots import Snapshots
from agents.ticks import write_ticks
from agents.transport import Feed
from agents.worker import Beside, run_worker
from cli.build import build
from cli.console import speaks_plainly
from cli.health import HERE, Health
from cli.settings_file import load_settings
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

GROUP = "incidents"
"""Consumer group of the workers."""
_ASSIGNED_POLL_S = 0.05
_SETTINGS = typer.Option("--settings", help="Settings file (TOML).", envvar="INCIDENTS_SETTINGS", exists=True)
_NAME = typer.Option("--name", help="Stable name of this process; two may not share one.")
_PORT = typer.Option(
    "--health-port", help="Answer GET /healthz and GET /metrics (Prometheus) on this port.", min=1, max=65535
)
_HOST = typer.Option("--health-host", help="Address to answer health and metrics on; 0.0.0.0 for every one.")

_GAPS = typer.Option(
    "--accept-gaps", help="Pass over records that are gone before they were stored, on record."
)

SettingsPath = Annotated[Path | None, _SETTINGS]
Name = Annotated[str, _NAME]
HealthPort = Annotated[int | None, _PORT]
HealthHost = Annotated[str, _HOST]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (gateway, worker, auditor, sink, querier, web):
        app.command(rich_help_panel="Processes, one each")(speaks_plainly(command))


def gateway(
    settings: SettingsPath = None, health_port: HealthPort = None, health_host: HealthHost = HERE
) -> None:
    """Take deliveries over HTTP; 202 once Kafka has them."""
    health = _begin("gateway", health_port, health_host)
    read = load_settings(settings)
    with traced(read, "gateway") as traces:
        raise typer.Exit(run_gateway(read, build=build(), ready=health.ready, traces=traces))


def worker(
    settings: SettingsPath = None,
    name: Name = "worker-1",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
) -> None:
    """Route what was published, and correlate it: the Faust agents."""
    health = _begin(name, health_port, health_host)
    read = load_settings(settings)
    with traced(read, name) as traces:
        raise typer.Exit(_run_worker(read, name, health, traces))


def auditor(
    settings: SettingsPath = None,
    name: Name = "auditor",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
) -> None:
    """Write decisions to the audit log, in order and each once."""
    health = _begin(name, health_port, health_host)
    raise typer.Exit(run_auditor(load_settings(settings), build(), health.ready))


def sink(
    settings: SettingsPath = None,
    name: Name = "sink",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
    *,
    accept_gaps: Annotated[bool, _GAPS] = False,
) -> None:
    """Store candidates, packets, evidence and audit in SQL tables."""
    health = _begin(name, health_port, health_host)
    read = load_settings(settings)
    with traced(read, name) as traces:
        raise typer.Exit(run_sink(read, health.ready, build(), accept_gaps=accept_gaps, traces=traces))


def querier(
    settings: SettingsPath = None,
    name: Name = "querier",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
) -> None:
    """Ask Prometheus about incidents, read-only and on record, and publish what it answered."""
    health = _begin(name, health_port, health_host)
    raise typer.Exit(run_querier(load_settings(settings), build(), health.ready))


def web(
    settings: SettingsPath = None, health_port: HealthPort = None, health_host: HealthHost = HERE
) -> None:
    """Serve the web page; every look at a packet or at evidence is audited before it is shown."""
    health = _begin("web", health_port, health_host)
    raise typer.Exit(run_page(load_settings(settings), build(), health.ready))


def _begin(name: str, port: int | None, host: str) -> Health:
    """Names this process in every line that it logs and in its metrics, and has it answer for itself."""
    structlog.contextvars.bind_contextvars(process=name)
    return Health(name, build(), port, host)


def _run_worker(settings: Settings, name: str, health: Health, traces: Traces | None) -> int:
    layout = require_topics(settings.kafka.bootstrap, TOPICS)
    outbox = Outbox(settings.kafka.bootstrap)
    feeds = (*_routing(outbox, settings, layout, traces), _correlating(outbox, settings, traces))
    beside = (_ticking(outbox), _telling(health), _measuring(settings.kafka.bootstrap))
    worker_settings = WorkerSettings(bootstrap=settings.kafka.bootstrap, group=GROUP, instance=name)
    witness = Witness(name, build(), settings.fold_hash())
    return run_worker(worker_settings, feeds, beside, witness)


def _routing(
    outbox: Outbox, settings: Settings, layout: dict[str, int], traces: Traces | None
) -> tuple[Feed, ...]:
    inputs = {topic: layout[topic] for topic in TICKED_TOPICS}
    router = Router(outbox, settings, inputs, layout["signals"], build(), traces)
    return tuple(Feed(topic, router.handle) for topic in INPUT_TOPICS)


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
