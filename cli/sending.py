"""Owns what all of `incidents publish` shares: its options, delivering what was given, and telling what became of it.

Goes to: `cli.publish` and `cli.publish_catalog`.
"""

import inspect
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, NamedTuple

import typer

from cli.completing import Offer
from cli.console import problem_line, tell_of_retries
from cli.printing import print_json
from sinks.columns import plain
from sources.posting import NOT_DELIVERED, REFUSED, TAKEN, Address, Outcome, path_of, post
from sources.publishing import WrongUse, reading_of_catalog
from streams.redact import Json

PANEL: Final = "What a CI job calls"
EPILOG: Final = "Exit codes: 0 taken; 1 refused for good; 2 wrong use; 75 not delivered in time, try again."


class Option(NamedTuple):
    """One option: its flags, what it is for, the field that it fills, how it is typed, what completion offers."""

    flags: tuple[str, ...]
    help: str
    field: str
    kind: Any = str | None
    default: Any = None
    envvar: str | None = None
    offer: Offer | None = None


SEND: Final = (
    Option(("--gateway",), "Address of the gateway.", "gateway", envvar="INCIDENTS_GATEWAY"),
    Option(("--token",), "Token of the tenant; better in the variable.", "token", envvar="INCIDENTS_TOKEN"),
    Option(("--tenant",), "Tenant, where the token does not tell.", "tenant", envvar="INCIDENTS_TENANT"),
    Option(("--timeout",), "Seconds to try for.", "timeout", float, 60.0),
    Option(("--dry-run",), "Print what would be sent, send nothing.", "dry_run", bool, False),
    Option(("--json",), "Print JSON for programs.", "as_json", bool, False),
)

SENDING: Final = frozenset(option.field for option in SEND)


def shaped(
    command: Callable[..., None], words: str, options: Iterable[Option], *first: inspect.Parameter
) -> Callable[..., None]:
    """The function with the signature that its options make, for typer to read."""
    parameters = [*first, *(_parameter(option) for option in options)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by inspect
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = words
    return command


def _parameter(option: Option) -> inspect.Parameter:
    shown = typer.Option(*option.flags, help=option.help, envvar=option.envvar, autocompletion=option.offer)
    return inspect.Parameter(
        option.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[option.kind, shown],
    )


@contextmanager
def right_use() -> Iterator[None]:
    """What cannot be published is one line and exit code 2."""
    try:
        yield
    except WrongUse as problem:
        raise typer.BadParameter(str(problem)) from None


def deliver(given: Mapping[str, Any], route: str, deliveries: list[tuple[str, bytes, Json]]) -> None:
    """Send each delivery, or say what would be sent; leaves with the worst of the exit codes."""
    if given["timeout"] < 0:
        raise WrongUse("--timeout takes seconds, 0 for one try")
    if given["dry_run"]:
        raise typer.Exit(_rehearse(path_of(route, given["tenant"]), deliveries))
    address = address_of(given)
    tell_of_retries()
    outcomes = [(name, post(address, route, body, given["timeout"])) for name, body, _ in deliveries]
    code = max((outcome.code for _, outcome in outcomes), default=TAKEN)
    tell(outcomes, code, as_json=given["as_json"])
    raise typer.Exit(code)


def address_of(given: Mapping[str, Any]) -> Address:
    """The gateway that is meant; WrongUse where none is named."""
    if not given["gateway"]:
        raise WrongUse("which gateway? give --gateway URL, or set INCIDENTS_GATEWAY")
    return Address(given["gateway"], given["tenant"] or None, given["token"] or None)


def _rehearse(path: str, deliveries: list[tuple[str, bytes, Json]]) -> int:
    refused = 0
    for name, body, event in deliveries:
        shown: dict[str, Json] = {"post": path}
        if event is None:
            reading = reading_of_catalog(body.decode("utf-8", "replace"), time.time_ns() // 1000)
            refused += len(reading.refused)
            shown |= {
                "file": name,
                "published": ["/".join(record.key) for record in reading.records],
                "ignored": [f"{one.path} {one.detail}".strip() for one in reading.ignored],
                "refused": [f"{one.path} {one.reason}: {one.detail}".strip() for one in reading.refused],
            }
        else:
            shown["body"] = event
        print_json(shown)
    return REFUSED if refused else TAKEN


def tell(outcomes: list[tuple[str, Outcome]], code: int, *, as_json: bool) -> None:
    """Print what became of each delivery: what was taken on standard output, what was not on standard error."""
    if as_json:
        told = [_as_json(name, outcome) for name, outcome in outcomes]
        print_json({"exit": code, "deliveries": told}, on_one_line=True)
    for name, outcome in outcomes:
        before = f"{name}: " if name else ""
        if not as_json:
            for one in outcome.listed("published"):
                _say(f"{before}taken on {one.get('topic')}: {one.get('name')}")
            for one in outcome.listed("ignored"):
                _say(f"{before}{one.get('path')} is no event: {one.get('detail')}")
        for one in outcome.listed("refused"):
            sys.stderr.write(
                problem_line(f"{before}{one.get('path') or 'it'} was refused: {one.get('detail')}")
            )
        if outcome.detail and not outcome.listed("refused"):
            later = "; try again later" if outcome.code == NOT_DELIVERED else ""
            sys.stderr.write(problem_line(f"{before}{outcome.detail}{later}"))
    sys.stdout.flush()


def _say(line: str) -> None:
    """One line of what the gateway answered; it may quote what somebody else has written."""
    sys.stdout.write(f"{plain(line, 2_000)}\n")


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
