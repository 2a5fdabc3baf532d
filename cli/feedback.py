"""Owns `incidents feedback`: what a person says of an incident, from the terminal.

Names are looked up in the tables, the words go to the gateway, which knows the person by their token. May not: say
who somebody is, or hold logic; the kinds are a table. Goes to: the gateway, over HTTP.
"""

import inspect
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import orjson
import typer
from sqlalchemy import Connection

from cli.completing import Offer, incidents, suspects
from cli.console import speaks_plainly
from cli.home_tokens import PAGE, token_of
from cli.read import Name
from cli.sending import EPILOG, Option, deliver, right_use, shaped
from cli.settings_file import BadSettings
from cli.tables import HomePath, SettingsPath, local_home, read_tables
from local.home import Home
from local.status import read_status
from schemas.packets import Candidate, Packet
from sinks import queries
from sinks.telling import split_of
from sources.publishing import WrongUse

_ROUTE: Final = "feedback"
_NOTE: Final = Option(("--note",), "Anything else, in your own words.", "note")
_SEND: Final = (
    _NOTE,
    Option(
        ("--tenant",), "Where several tenants have an incident of this name; else the lived one.", "tenant"
    ),
    Option(
        ("--gateway",),
        "Address of the gateway; else that of the local system.",
        "gateway",
        envvar="INCIDENTS_GATEWAY",
    ),
    Option(
        ("--token",),
        "Your own token, of page.readers; better in the variable. Else that of the local system's owner.",
        "token",
        envvar="INCIDENTS_PERSON_TOKEN",
    ),
    Option(("--timeout",), "Seconds to try for.", "timeout", float, 60.0),
    Option(("--dry-run",), "Print what would be sent, send nothing.", "dry_run", bool, False),
    Option(("--json",), "Print JSON for programs.", "as_json", bool, False),
)


class Known(NamedTuple):
    """What the tables know of the incident that is spoken of, and of the other one, if one is named."""

    candidate: Candidate
    packet: Packet | None
    into: Candidate | None


class Kind(NamedTuple):
    """One kind of feedback: what it is for, what it takes beside the incident, and what that says."""

    words: str
    says: Callable[[Known, Any], Mapping[str, Any]] = lambda _known, _given: {}
    takes: str = ""
    help: str = ""
    default: Any = inspect.Parameter.empty
    several: bool = False
    offer: Offer | None = None


def _suspect(known: Known, given: str) -> Mapping[str, Any]:
    hypotheses = known.packet.hypotheses if known.packet else ()
    if given.lower() == "none":
        return {"source_ref": None}
    if given.isdecimal():
        found = [one for one in hypotheses if one.rank == int(given)]
        if not found:
            raise WrongUse(
                f"{known.candidate.short_id} has {len(hypotheses)} explanations: {given} is none of them"
            )
        return {"source_ref": found[0].source_ref}
    return {"source_ref": given}


def _split(known: Known, given: list[str]) -> Mapping[str, Any]:
    try:
        return split_of(known.candidate, given)
    except ValueError as problem:
        raise WrongUse(str(problem)) from None


def _merge(known: Known, _given: str) -> Mapping[str, Any]:
    if known.into is None or known.into.candidate_id == known.candidate.candidate_id:
        raise WrongUse(f"{known.candidate.short_id} is the same incident: name another one")
    if known.into.environment != known.candidate.environment:
        raise WrongUse(f"{known.into.short_id} is in {known.into.environment}: only within one environment")
    return {"into": known.into.candidate_id}


def _undo(known: Known, given: str) -> Mapping[str, Any]:
    said = [one.feedback_id for one in known.packet.feedback] if known.packet else []
    found = [one for one in said if one.startswith(given.lower())]
    if len(found) != 1:
        raise WrongUse(
            f"{given!r} names {len(found) or 'no'} feedback of {known.candidate.short_id}: show lists them"
        )
    return {"undoes": found[0]}


_SUSPECT: Final = "Its rank in `show`, the name of the change, or none: no change is to blame."
_KINDS: Final[Mapping[str, Kind]] = {
    "confirm": Kind("Confirm a suspect.", _suspect, "suspect", _SUSPECT, "1", offer=suspects),
    "reject": Kind("Reject a suspect.", _suspect, "suspect", _SUSPECT, offer=suspects),
    "split": Kind(
        "Split alerts off as another incident.",
        _split,
        "alerts",
        "Alerts that leave: their numbers in `why`, or their fingerprints.",
        several=True,
    ),
    "merge": Kind(
        "Make it one with another incident.", _merge, "into", "The other incident.", offer=incidents
    ),
    "false-page": Kind("Say that nobody should have been paged."),
    "misroute": Kind(
        "Say that it went to the wrong team.",
        lambda _, team: {"team": team or None},
        "team",
        "Whose it is, where you know.",
        "",
    ),
    "hand-over": Kind(
        "Hand it over to another team.", lambda _, team: {"team": team}, "team", "The team that takes over."
    ),
    "update-sent": Kind("Say that an internal update was sent."),
    "close": Kind("Close it with its cause.", lambda _, cause: {"cause": cause}, "cause", "What it was."),
    "reopen": Kind("Open it again."),
    "undo": Kind(
        "Take back what was said.",
        _undo,
        "feedback",
        "Id of the feedback, or its beginning, as `show` has it.",
    ),
}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Say what you know of an incident; on record, under your name."
    )
    for name, kind in _KINDS.items():
        group.command(name, epilog=EPILOG)(speaks_plainly(_command(name.replace("-", "_"), kind)))
    app.add_typer(group, name="feedback", rich_help_panel="What is going on")


def _command(name: str, kind: Kind) -> Callable[..., None]:
    """The command of one kind: a function whose parameters are what it takes, and the options."""

    def command(
        incident: str,
        home: Path | None,
        settings: Path | None,
        **given: Any,  # noqa: ANN401 - each has its own type
    ) -> None:
        with right_use():
            taken = given.pop("taken", None)
            if kind.default is inspect.Parameter.empty and taken in ("", []):
                raise WrongUse(f"{kind.takes} is empty: {kind.help.rstrip('.')}")
            known = _known(incident, taken if name == "merge" else None, home, settings, given["tenant"])
            body = {
                "id": secrets.token_hex(16),  # drawn once: whatever is sent again is the same
                "kind": name,
                "candidate_id": known.candidate.candidate_id,
                "environment": known.candidate.environment,
                **{field: said for field, said in kind.says(known, taken).items() if said is not None},
                **({"note": given["note"]} if given["note"] else {}),
            }
            way = _way(given, known.candidate, home)
            deliver(way, _ROUTE, [("", orjson.dumps(body), body)])

    takes = [_taking(kind)] if kind.takes else []
    places = [_parameter("home", HomePath, None), _parameter("settings", SettingsPath, None)]
    first = inspect.Parameter("incident", inspect.Parameter.KEYWORD_ONLY, annotation=Name)
    return shaped(command, kind.words, _SEND, first, *takes, *places)


def _taking(kind: Kind) -> inspect.Parameter:
    shown = typer.Argument(help=kind.help, metavar=kind.takes.upper(), autocompletion=kind.offer)
    typed = list[str] if kind.several else str
    return inspect.Parameter(
        "taken", inspect.Parameter.KEYWORD_ONLY, default=kind.default, annotation=Annotated[typed, shown]
    )


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401 - typer reads it
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _known(
    incident: str, into: str | None, home: Path | None, settings: Path | None, tenant: str | None
) -> Known:
    def ask(connection: Connection) -> Known:
        candidate = queries.followed(connection, queries.find(connection, incident, tenant))
        shown = queries.packet(connection, candidate)
        other = queries.find(connection, into, candidate.tenant) if into else None
        into_final = queries.followed(connection, other) if other else None
        return Known(candidate, shown.packet if shown else None, into_final)

    return read_tables(home, settings, ask)


def _way(given: Mapping[str, Any], candidate: Candidate, home: Path | None) -> dict[str, Any]:
    """Where to send it, and by whose token: those given, else the local system's and its owner's."""
    way = {**given, "tenant": candidate.tenant}
    folder = local_home(home)
    if folder is None:
        if not way["token"] and not way["dry_run"]:
            raise WrongUse("who are you? give --token, or set INCIDENTS_PERSON_TOKEN")
        return way
    way["gateway"] = way["gateway"] or read_status(Home(folder)).gateway
    way["token"] = way["token"] or _owners(folder)
    return way


def _owners(folder: Path) -> str:
    try:
        return token_of(Home(folder), PAGE)
    except BadSettings:
        raise WrongUse("who are you? give --token, or set INCIDENTS_PERSON_TOKEN") from None
