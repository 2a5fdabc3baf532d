"""Owns `incidents dead-letters`: what was not understood, listed, shown, and sent again once it can be.

May not: hold logic; `sources` finds and sends. Goes to: standard output, foreign text inert.
"""

import getpass
import time
from typing import Annotated

import typer

from cli.build import build
from cli.console import FAILED, fail, progress, speaks_plainly, wrong_use
from cli.printing import AsJson, print_json
from cli.tables import HomePath, SettingsPath, found_settings
from schemas.audit import DeadLetter
from schemas.times import format_time
from sinks.columns import plain, wrapped
from sources.again import Again
from sources.dead_letters import By, NoLetter, Wanted, letters, named, resend, what_they_make

_LONGEST = 400
"""Characters of a field that are shown to people."""
_SHORT = 8
"""Characters of an id that are shown in a list."""

Name = Annotated[str, typer.Argument(help="Its id, or the beginning of it.", metavar="ID")]
Names = Annotated[
    list[str] | None, typer.Argument(help="Ids, or beginnings of ids; without any, see --all.", metavar="ID")
]
Tenant = Annotated[str, typer.Option("--tenant", help="Only those of this tenant.")]
Source = Annotated[str, typer.Option("--source", help="Only those that came by this route or topic.")]
Reason = Annotated[str, typer.Option("--reason", help="Only those with this reason, e.g. unknown_tenant.")]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=100_000)]
Restricted = Annotated[
    bool, typer.Option("--restricted", help="Also what could not be redacted: there may be secrets in it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")]
All = Annotated[bool, typer.Option("--all", help="Every letter that --tenant, --source and --reason leave.")]
Person = Annotated[
    str, typer.Option("--as", help="Who sends them again, for the audit log; else your login.")
]


def register(app: typer.Typer) -> None:
    """Adds the command group."""
    group = typer.Typer(help="What was not understood.", no_args_is_help=True)
    group.callback()(_group)
    for name, command in (("list", list_), ("show", show), ("replay", replay)):
        group.command(name)(speaks_plainly(command))
    app.add_typer(group, name="dead-letters", rich_help_panel="What is going on")


def list_(
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Tenant = "",
    source: Source = "",
    reason: Reason = "",
    limit: Limit = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """What was not understood and why, latest first, as long as Kafka keeps it."""
    bootstrap = found_settings(home, settings).kafka.bootstrap
    found = letters(bootstrap, Wanted(tenant, source, reason), whole=False)
    if as_json:
        print_json([_facts(letter) for letter in found[:limit]])
        return
    for letter in found[:limit]:
        first = f"{plain(letter.letter_id.removeprefix('d-'), 40)[:_SHORT]}  {format_time(letter.received_at)[:19]}  "
        where = f"{plain(letter.tenant, 63) or '-'}/{plain(letter.source, 60)}"
        typer.echo(
            "\n".join(wrapped(first, f"{where} {plain(letter.reason, 60)}: {plain(letter.detail)}", 31))
        )
    rest = f"; {len(found) - limit} more" if len(found) > limit else ""
    progress(f"{len(found)} dead letter{'' if len(found) == 1 else 's'}{rest}")


def show(
    name: Name,
    home: HomePath = None,
    settings: SettingsPath = None,
    *,
    restricted: Restricted = False,
    as_json: AsJson = False,
) -> None:
    """One of them with all that was kept of it."""
    try:
        (letter,) = named(found_settings(home, settings).kafka.bootstrap, [name])
    except NoLetter as problem:
        fail(problem)
    hidden = letter.restricted and not restricted
    original = "" if hidden else letter.original.decode("utf-8", "replace")
    if as_json:
        print_json({**_facts(letter), "original": None if hidden else original})
        return
    for field, value in _facts(letter).items():
        typer.echo("\n".join(wrapped(f"{field:<14} ", _told(value), 15)))
    lines = [plain(line, 2_000) for line in original.splitlines()]
    typer.echo("\n".join(["", *lines]) if not hidden else "\nit could not be redacted: --restricted shows it")


def replay(
    names: Names = None,
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Tenant = "",
    source: Source = "",
    reason: Reason = "",
    person: Person = "",
    *,
    every: All = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send letters again as if they came now, on record first; exit code 1 when some could not be sent."""
    loaded = found_settings(home, settings)
    if bool(names) == every:
        wrong_use(
            "name the letters by their ids, or choose them with --all and --tenant, --source or --reason"
        )
    try:
        wanted = Wanted(tenant, source, reason)
        chosen = (
            letters(loaded.kafka.bootstrap, wanted) if every else named(loaded.kafka.bootstrap, names or [])
        )
    except NoLetter as problem:
        fail(problem)
    now = time.time_ns() // 1000
    by = By(person or getpass.getuser(), build(), now)
    results = what_they_make(loaded, chosen, now) if dry_run else resend(loaded, chosen, by)
    _tell(results, dry_run=dry_run, as_json=as_json)
    if any(again.refused for again in results.values()):
        raise typer.Exit(FAILED)


def _tell(results: dict[str, Again], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "letter_id": name,
                    "records": [record.topic for record in again.records],
                    "refused": again.refused,
                }
                for name, again in results.items()
            ]
        )
        return
    done = "would become" if dry_run else "became"
    for name, again in results.items():
        topics = ", ".join(sorted({record.topic for record in again.records}))
        said = (
            f"{done} {len(again.records)} record(s) of {topics}"
            if again.records
            else f"not sent: {again.refused}"
        )
        typer.echo(f"{name.removeprefix('d-')[:_SHORT]}  {plain(said)}")


def _told(value: object) -> str:
    """A field in a line or a few; what is as long as a whole delivery is for programs."""
    text = "-" if value in (None, "", {}, []) else str(value)
    return plain(text) if len(text) <= _LONGEST else f"{len(text):,} characters, in --json"


def _facts(letter: DeadLetter) -> dict[str, object]:
    return {
        **letter.model_dump(mode="json", exclude={"original", "received_at"}),
        "received_at": format_time(letter.received_at),
    }


def _group() -> None:
    """What was not understood: listed, shown, sent again."""
