"""Owns the `incidents` command: mounts the commands, sets up logging; holds nothing else."""

import logging
import sys

import structlog
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


@app.callback()
def _set_up() -> None:
    """Log to standard error as JSON lines, for programs; what people read is on standard output."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
