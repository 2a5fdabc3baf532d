"""Owns `incidents publish`: what a CI job calls, with exit codes that say what became of it.

0: taken, 1: refused for good, 2: wrong use, 75: could not be delivered in time. May not: hold logic, or show
the token; the options of each kind are a table. Goes to: the gateway, over HTTP.
"""

import inspect
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson
import typer

from cli.completing import one_of
from cli.console import speaks_plainly
from cli.publish_catalog import catalog_command
from cli.sending import EPILOG, PANEL, SEND, SENDING, Option, deliver, right_use, shaped
from sources.ci_environment import ci_run
from sources.published import SOURCE
from sources.publishing import WrongUse, event_of
from streams.redact import Json

_SEVERITIES: Final = one_of("critical", "error", "warning", "info")
_STATUSES: Final = one_of("started", "succeeded", "failed", "unknown")
_WHERE: Final = (
    Option(("--service",), "Service, as the catalog or your telemetry names it.", "service"),
    Option(("--namespace",), "Namespace.", "namespace"),
    Option(("--environment",), "Environment, e.g. production; none: the whole tenant.", "environment"),
    Option(
        ("--reference",), "Another name that a catalog may know, kind:value.", "references", list[str] | None
    ),
    Option(("--link",), "Address to look at; else that of the CI run.", "link"),
    Option(("--source-ref",), "Its name in its own tool; else that of the CI run.", "source_ref"),
)
_CHANGED: Final = (
    *_WHERE,
    Option(("--title",), "What was done, in one line.", "title"),
    Option(("--actor",), "Who did it; else who started the CI run.", "actor"),
    Option(("--status",), "started, succeeded (default), failed or unknown.", "status", offer=_STATUSES),
    Option(("--effective-at", "--at"), "When it took effect, RFC 3339; else now.", "effective_at"),
)
_ALERT: Final = (
    Option(("--name",), "Name of the alert's rule.", "name", str, inspect.Parameter.empty),
    *_WHERE,
    Option(("--severity",), "critical, error, warning or info.", "severity", offer=_SEVERITIES),
    Option(("--status",), "firing (default) or resolved.", "status", offer=one_of("firing", "resolved")),
    Option(("--summary",), "What it says, in one line.", "summary"),
    Option(("--value",), "The measured value.", "value"),
    Option(("--label",), "Label, name=value; several are allowed.", "labels", list[str] | None),
    Option(
        ("--fingerprint",),
        "What stays equal between its notifications; else of its rule and place.",
        "fingerprint",
    ),
    Option(("--starts-at", "--at"), "When it began, RFC 3339; else now, if firing.", "starts_at"),
    Option(("--ends-at",), "When it ended, RFC 3339; else now, if resolved.", "ends_at"),
)
_DEPLOY: Final = (
    *_CHANGED,
    Option(("--after", "--version"), "Version now; else the commit of the CI run.", "after"),
    Option(("--before", "--previous"), "Version before.", "before"),
    Option(("--target",), "What was deployed, if not service/<service>.", "target"),
)
_FLAG: Final = (
    Option(("--flag",), "Key of the flag.", "flag", str, inspect.Parameter.empty),
    *_CHANGED,
    Option(("--after", "--to"), "Value now.", "after"),
    Option(("--before", "--from"), "Value before.", "before"),
)
_CONFIG: Final = (
    Option(
        ("--target",),
        "config/<resource>/<namespace>/<name> or ssm:<name>.",
        "target",
        str,
        inspect.Parameter.empty,
    ),
    *_CHANGED,
    Option(("--after", "--to"), "Value now.", "after"),
    Option(("--before", "--from"), "Value before.", "before"),
)
_EVENTS: Final[Mapping[str, tuple[str, tuple[Option, ...]]]] = {
    "alert": ("Publish an alert, such as that of a smoke test.", _ALERT),
    "deploy": ("Publish a deploy.", _DEPLOY),
    "flag": ("Publish a change of a feature flag.", _FLAG),
    "config": ("Publish a change of a configuration.", _CONFIG),
}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(no_args_is_help=True, help="Publish an alert, a change or a catalog.", epilog=EPILOG)
    for kind, (words, options) in _EVENTS.items():
        group.command(kind, epilog=EPILOG)(speaks_plainly(_command(kind, words, options)))
    group.command("catalog", epilog=EPILOG)(speaks_plainly(catalog_command()))
    app.add_typer(group, name="publish", rich_help_panel=PANEL)


def _command(kind: str, words: str, options: Iterable[Option]) -> Callable[..., None]:
    """The command of one kind: a function whose parameters are the options."""

    def command(**given: Any) -> None:  # noqa: ANN401 - each option has its own type
        with right_use():
            said = {name: value for name, value in given.items() if name not in SENDING}
            if said.get("labels"):
                said["labels"] = _labels(said["labels"])
            event = event_of(kind, said, ci_run(os.environ), time.time_ns() // 1000)
            deliver(given, SOURCE, [("", orjson.dumps(event), event)])

    return shaped(command, words, (*options, *SEND))


def _labels(pairs: Iterable[str]) -> Json:
    labels: dict[str, Json] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not (name and sign):
            raise WrongUse(f"--label takes name=value, not {pair[:80]!r}")
        labels[name] = value
    return labels
