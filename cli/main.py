"""Owns the `incidents` command: mounts the commands, sets up logging; holds nothing else."""

from typing import Annotated

import typer

from cli import (
    around,
    audit,
    dead_letters,
    demo,
    doctor,
    evaluate,
    feedback,
    postmortem,
    processes,
    publish,
    read,
    replay,
    retire,
    schema,
    system,
    token,
    topics,
)
from cli.build import build
from cli.examples import add_examples
from cli.logs import LogLevel, log_from

_LEVEL = typer.Option(
    "--log-level",
    help="Log from here on; debug has each revision with its candidate.",
    envvar="INCIDENTS_LOG_LEVEL",
    show_envvar=True,
)

app = typer.Typer(
    name="incidents",
    help="Incident candidates with cited context packets, from alerts, deploys, flags and configs, on Kafka.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for part in (
    system,
    demo,
    read,
    around,
    doctor,
    feedback,
    postmortem,
    dead_letters,
    replay,
    evaluate,
    publish,
    audit,
    processes,
    retire,
    topics,
    schema,
    token,
):
    part.register(app)
add_examples(app)


def _say_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"incidents {build()}")
        raise typer.Exit


_VERSION = typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)


@app.callback()
def _set_up(
    level: Annotated[LogLevel, _LEVEL] = LogLevel.INFO,
    *,
    _version: Annotated[bool, _VERSION] = False,
) -> None:
    """Log to standard error as JSON lines, for programs; what people read is on standard output."""
    log_from(level)
