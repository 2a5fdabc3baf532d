"""Owns the `incidents` command: mounts the commands, sets up logging; holds nothing else.

Importing every part takes a second and a half of a processor, so only the part that was asked for is imported.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

from cli.build import build
from cli.examples import add_examples
from cli.logs import LogLevel, log_from

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "system": ("up", "down", "status", "scale"),
    "demo": ("demo",),
    "read": ("list", "show", "timeline", "evidence"),
    "around": ("why", "changes", "noise", "watch"),
    "doctor": ("doctor",),
    "feedback": ("feedback",),
    "postmortem": ("postmortem",),
    "dead_letters": ("dead-letters",),
    "replay": ("replay",),
    "evaluate": ("evaluate",),
    "publish": ("publish",),
    "audit": ("audit",),
    "processes": ("gateway", "worker", "auditor", "sink", "querier", "web"),
    "retire": ("retire",),
    "topics": ("topics",),
    "schema": ("tables",),
    "token": ("token",),
}
"""By module of `cli`, in the order of the help, what it registers."""

_LEVEL = typer.Option(
    "--log-level",
    help="Log from here on; debug has each revision with its candidate.",
    envvar="INCIDENTS_LOG_LEVEL",
    show_envvar=True,
)


def _say_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"incidents {build()}")
        raise typer.Exit


_VERSION = typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)


def command(words: Sequence[str] = ()) -> typer.Typer:
    """The program, with the part that the first of the words belongs to; with all parts where it belongs to none."""
    app = typer.Typer(
        name="incidents",
        help="Incident candidates with cited context packets, from alerts, deploys, flags and configs, on Kafka.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_set_up)
    for part in _needed(words[:1]):
        import_module(f"cli.{part}").register(app)
    add_examples(app)
    return app


def _needed(first: Sequence[str]) -> Iterable[str]:
    if "--version" in first:
        return ()
    return [part for part, names in PARTS.items() if first and first[0] in names] or PARTS


def _set_up(
    level: Annotated[LogLevel, _LEVEL] = LogLevel.INFO,
    *,
    _version: Annotated[bool, _VERSION] = False,
) -> None:
    """Log to standard error as JSON lines, for programs; what people read is on standard output."""
    log_from(level)
