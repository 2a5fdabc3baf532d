"""Owns the commands that run one process each, as production does: gateway, worker, auditor, sink, querier, web.

May not: hold logic, or import the parts of a process before it is to run: they are put together in `cli.parts`, which
takes longer to import than most commands take to run.
"""

from pathlib import Path
from typing import Annotated

import structlog
import typer

from cli.build import build
from cli.console import speaks_plainly
from cli.health import HERE, Health
from cli.settings_file import load_settings

GROUP = "incidents"
"""Consumer group of the workers."""
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
    from cli import parts  # noqa: PLC0415 - only to run it

    health = _begin("gateway", health_port, health_host)
    raise typer.Exit(parts.gateway(load_settings(settings), health))


def worker(
    settings: SettingsPath = None,
    name: Name = "worker-1",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
) -> None:
    """Route what was published, and correlate it: the Faust agents."""
    from cli import parts  # noqa: PLC0415 - only to run it

    health = _begin(name, health_port, health_host)
    raise typer.Exit(parts.worker(load_settings(settings), name, GROUP, health))


def auditor(
    settings: SettingsPath = None,
    name: Name = "auditor",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
) -> None:
    """Write decisions to the audit log, in order and each once."""
    from cli import parts  # noqa: PLC0415 - only to run it

    health = _begin(name, health_port, health_host)
    raise typer.Exit(parts.auditor(load_settings(settings), health))


def sink(
    settings: SettingsPath = None,
    name: Name = "sink",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
    *,
    accept_gaps: Annotated[bool, _GAPS] = False,
) -> None:
    """Store candidates, packets, evidence and audit in SQL tables."""
    from cli import parts  # noqa: PLC0415 - only to run it

    health = _begin(name, health_port, health_host)
    raise typer.Exit(parts.sink(load_settings(settings), name, health, accept_gaps=accept_gaps))


def querier(
    settings: SettingsPath = None,
    name: Name = "querier",
    health_port: HealthPort = None,
    health_host: HealthHost = HERE,
) -> None:
    """Ask Prometheus about incidents, read-only and on record, and publish what it answered."""
    from cli import parts  # noqa: PLC0415 - only to run it

    health = _begin(name, health_port, health_host)
    raise typer.Exit(parts.querier(load_settings(settings), health))


def web(
    settings: SettingsPath = None, health_port: HealthPort = None, health_host: HealthHost = HERE
) -> None:
    """Serve the web page; every look at a packet or at evidence is audited before it is shown."""
    from cli import parts  # noqa: PLC0415 - only to run it

    health = _begin("web", health_port, health_host)
    raise typer.Exit(parts.web(load_settings(settings), health))


def _begin(name: str, port: int | None, host: str) -> Health:
    """Names this process in every line that it logs and in its metrics, and has it answer for itself."""
    structlog.contextvars.bind_contextvars(process=name)
    return Health(name, build(), port, host)
