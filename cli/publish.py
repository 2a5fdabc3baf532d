"""Owns `incidents publish`: what a CI job calls, with exit codes that say what became of it.

0: taken, 1: refused for good, 2: wrong use, 75: could not be delivered in time. May not: hold logic, or show
the token; the options of each kind are a table. Goes to: the gateway, over HTTP.
"""

import inspect
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import orjson
import typer

from cli.console import speaks_plainly
from sources.ci_environment import ci_run
from sources.folder import WatchedFolder
from sources.posting import NOT_DELIVERED, REFUSED, TAKEN, Address, Outcome, path_of, post
from sources.published import SOURCE
from sources.publishing import WrongUse, deletion_of, event_of, reading_of_catalog
from streams.redact import Json

_PANEL: Final = "What a CI job calls"
_EPILOG: Final = "Exit codes: 0 taken; 1 refused for good; 2 wrong use; 75 not delivered in time, try again."


class _Option(NamedTuple):
    """One option: its flags, what it is for, the field that it fills, and how it is typed."""

    flags: tuple[str, ...]
    help: str
    field: str
    kind: Any = str | None
    default: Any = None
    envvar: str | None = None


_SEND: Final = (
    _Option(("--gateway",), "Address of the gateway.", "gateway", envvar="INCIDENTS_GATEWAY"),
    _Option(("--token",), "Token of the tenant; better in the variable.", "token", envvar="INCIDENTS_TOKEN"),
    _Option(("--tenant",), "Tenant, where the token does not tell.", "tenant", envvar="INCIDENTS_TENANT"),
    _Option(("--timeout",), "Seconds to try for.", "timeout", float, 60.0),
    _Option(("--dry-run",), "Print what would be sent, send nothing.", "dry_run", bool, False),
    _Option(("--json",), "Print JSON for programs.", "as_json", bool, False),
)
_WHERE: Final = (
    _Option(("--service",), "Service, as the catalog or your telemetry names it.", "service"),
    _Option(("--namespace",), "Namespace.", "namespace"),
    _Option(("--environment",), "Environment, e.g. production; none: the whole tenant.", "environment"),
    _Option(
        ("--reference",), "Another name that a catalog may know, kind:value.", "references", list[str] | None
    ),
    _Option(("--link",), "Address to look at; else that of the CI run.", "link"),
    _Option(("--source-ref",), "Its name in its own tool; else that of the CI run.", "source_ref"),
)
_CHANGED: Final = (
    *_WHERE,
    _Option(("--title",), "What was done, in one line.", "title"),
    _Option(("--actor",), "Who did it; else who started the CI run.", "actor"),
    _Option(("--status",), "started, succeeded (default), failed or unknown.", "status"),
    _Option(("--effective-at", "--at"), "When it took effect, RFC 3339; else now.", "effective_at"),
)
_ALERT: Final = (
    _Option(("--name",), "Name of the alert's rule.", "name", str, inspect.Parameter.empty),
    *_WHERE,
    _Option(("--severity",), "critical, error, warning or info.", "severity"),
    _Option(("--status",), "firing (default) or resolved.", "status"),
    _Option(("--summary",), "What it says, in one line.", "summary"),
    _Option(("--value",), "The measured value.", "value"),
    _Option(("--label",), "Label, name=value; several are allowed.", "labels", list[str] | None),
    _Option(
        ("--fingerprint",),
        "What stays equal between its notifications; else of its rule and place.",
        "fingerprint",
    ),
    _Option(("--starts-at", "--at"), "When it began, RFC 3339; else now, if firing.", "starts_at"),
    _Option(("--ends-at",), "When it ended, RFC 3339; else now, if resolved.", "ends_at"),
)
_DEPLOY: Final = (
    *_CHANGED,
    _Option(("--after", "--version"), "Version now; else the commit of the CI run.", "after"),
    _Option(("--before", "--previous"), "Version before.", "before"),
    _Option(("--target",), "What was deployed, if not service/<service>.", "target"),
)
_FLAG: Final = (
    _Option(("--flag",), "Key of the flag.", "flag", str, inspect.Parameter.empty),
    *_CHANGED,
    _Option(("--after", "--to"), "Value now.", "after"),
    _Option(("--before", "--from"), "Value before.", "before"),
)
_CONFIG: Final = (
    _Option(
        ("--target",),
        "config/<resource>/<namespace>/<name> or ssm:<name>.",
        "target",
        str,
        inspect.Parameter.empty,
    ),
    *_CHANGED,
    _Option(("--after", "--to"), "Value now.", "after"),
    _Option(("--before", "--from"), "Value before.", "before"),
)
_EVENTS: Final[Mapping[str, tuple[str, tuple[_Option, ...]]]] = {
    "alert": ("Publish an alert, e.g. of a smoke test.", _ALERT),
    "deploy": ("Publish a deploy.", _DEPLOY),
    "flag": ("Publish a change of a feature flag.", _FLAG),
    "config": ("Publish a change of a configuration.", _CONFIG),
}
_FILES: Final = typer.Argument(
    help="Catalog files, YAML or JSON.", metavar="FILE...", exists=True, dir_okay=False
)
_WATCH: Final = _Option(
    ("--watch",), "Folder: publish its catalog files, each again when it changes.", "watch", Path | None
)
_DELETE: Final = _Option(
    ("--delete",),
    "Take an entry out: its name, e.g. component:default/checkout; several are allowed.",
    "delete",
    list[str] | None,
)
_LOOK_S: Final = 2.0
"""Pause between two looks at a watched folder."""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(no_args_is_help=True, help="Publish an alert, a change or a catalog.", epilog=_EPILOG)
    for kind, (words, options) in _EVENTS.items():
        group.command(kind, epilog=_EPILOG)(speaks_plainly(_command(kind, words, options)))
    group.command("catalog", epilog=_EPILOG)(speaks_plainly(_catalog()))
    app.add_typer(group, name="publish", rich_help_panel=_PANEL)


def _command(kind: str, words: str, options: Iterable[_Option]) -> Callable[..., None]:
    """The command of one kind: a function whose parameters are the options."""

    def command(**given: Any) -> None:  # noqa: ANN401 - each option has its own type
        with _right_use():
            said = {name: value for name, value in given.items() if name not in _SENDING}
            if said.get("labels"):
                said["labels"] = _labels(said["labels"])
            event = event_of(kind, said, ci_run(os.environ), time.time_ns() // 1000)
            _publish(given, SOURCE, [("", orjson.dumps(event), event)])

    return _shaped(command, words, (*options, *_SEND))


def _catalog() -> Callable[..., None]:
    def command(
        files: list[Path] | None,
        watch: Path | None,
        delete: list[str] | None,
        **given: Any,  # noqa: ANN401 - as above
    ) -> None:
        with _right_use():
            if sum(map(bool, (files, watch, delete))) != 1:
                raise WrongUse(
                    "which catalog? name files, or a folder with --watch, or entries with --delete"
                )
            if delete:
                _publish(given, "catalog", [("", deletion_of(delete), None)])
            if watch and not given["dry_run"]:
                _watch(WatchedFolder(watch), given)
                return
            found = (
                WatchedFolder(watch).changed()
                if watch
                else ((path, path.read_bytes()) for path in files or ())
            )
            _publish(given, "catalog", [(str(path), content, None) for path, content in found])

    files = inspect.Parameter(
        "files",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[list[Path] | None, _FILES],
    )
    words = "Publish catalog files; bad documents are told one by one."
    return _shaped(command, words, (_WATCH, _DELETE, *_SEND), files)


def _watch(folder: WatchedFolder, given: Mapping[str, Any]) -> None:
    """Publish each file whenever it says something new; what could not be delivered is tried at the next look."""
    address = _address(given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        while True:
            for path, content in folder.changed():
                outcome = post(address, "catalog", content, given["timeout"])
                _tell([(str(path), outcome)], outcome.code, as_json=given["as_json"])
                if outcome.code != NOT_DELIVERED:
                    folder.done(path, content)
            time.sleep(_LOOK_S)


_SENDING: Final = frozenset(option.field for option in _SEND)


def _shaped(
    command: Callable[..., None], words: str, options: Iterable[_Option], *first: inspect.Parameter
) -> Callable[..., None]:
    """The function with the signature that its options make, for typer to read."""
    parameters = [*first, *(_parameter(option) for option in options)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by inspect
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = words
    return command


def _parameter(option: _Option) -> inspect.Parameter:
    shown = typer.Option(*option.flags, help=option.help, envvar=option.envvar)
    return inspect.Parameter(
        option.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[option.kind, shown],
    )


@contextmanager
def _right_use() -> Iterator[None]:
    """What cannot be published is one line and exit code 2."""
    try:
        yield
    except WrongUse as problem:
        raise typer.BadParameter(str(problem)) from None


def _labels(pairs: Iterable[str]) -> Json:
    labels: dict[str, Json] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not (name and sign):
            raise WrongUse(f"--label takes name=value, not {pair[:80]!r}")
        labels[name] = value
    return labels


def _publish(given: Mapping[str, Any], route: str, deliveries: list[tuple[str, bytes, Json]]) -> None:
    """Send each delivery, or say what would be sent; leaves with the worst of the exit codes."""
    if given["dry_run"]:
        raise typer.Exit(_rehearse(path_of(route, given["tenant"]), deliveries))
    address = _address(given)
    outcomes = [(name, post(address, route, body, given["timeout"])) for name, body, _ in deliveries]
    code = max((outcome.code for _, outcome in outcomes), default=TAKEN)
    _tell(outcomes, code, as_json=given["as_json"])
    raise typer.Exit(code)


def _address(given: Mapping[str, Any]) -> Address:
    if not given["gateway"]:
        raise WrongUse("which gateway? give --gateway URL, or set INCIDENTS_GATEWAY")
    return Address(given["gateway"], given["tenant"] or None, given["token"] or None)


def _rehearse(path: str, deliveries: list[tuple[str, bytes, Json]]) -> int:
    refused = 0
    for name, body, event in deliveries:
        shown: dict[str, Json] = {"post": path}
        if event is None:
            reading = reading_of_catalog(body.decode("utf-8", "replace"))
            refused += len(reading.refused)
            shown |= {
                "file": name,
                "published": ["/".join(record.key) for record in reading.records],
                "ignored": [f"{one.path} {one.detail}".strip() for one in reading.ignored],
                "refused": [f"{one.path} {one.reason}: {one.detail}".strip() for one in reading.refused],
            }
        else:
            shown["body"] = event
        sys.stdout.write(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() + "\n")
    return REFUSED if refused else TAKEN


def _tell(outcomes: list[tuple[str, Outcome]], code: int, *, as_json: bool) -> None:
    if as_json:
        told = [_as_json(name, outcome) for name, outcome in outcomes]
        sys.stdout.write(orjson.dumps({"exit": code, "deliveries": told}).decode() + "\n")
    for name, outcome in outcomes:
        before = f"{name}: " if name else ""
        if not as_json:
            for one in outcome.listed("published"):
                sys.stdout.write(f"{before}taken on {one.get('topic')}: {one.get('name')}\n")
            for one in outcome.listed("ignored"):
                sys.stdout.write(f"{before}{one.get('path')} is no event: {one.get('detail')}\n")
        for one in outcome.listed("refused"):
            sys.stderr.write(f"error: {before}{one.get('path') or 'it'} was refused: {one.get('detail')}\n")
        if outcome.detail and not outcome.listed("refused"):
            later = "; try again later" if outcome.code == NOT_DELIVERED else ""
            sys.stderr.write(f"error: {before}{outcome.detail}{later}\n")
    sys.stdout.flush()


def _as_json(name: str, outcome: Outcome) -> dict[str, Any]:
    lists = {part: outcome.listed(part) for part in ("published", "ignored", "refused")}
    return {
        **({"file": name} if name else {}),
        "exit": outcome.code,
        "status": outcome.status,
        "attempts": outcome.attempts,
        **lists,
        "error": outcome.detail or None,
    }
