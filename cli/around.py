"""Owns the commands that look around and ahead: why, changes, noise, watch, from the tables alone.

May not: judge, change anything, or need Kafka. Goes to: standard output, as text for people or JSON.
"""

import sys
import time
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Connection

from cli.console import progress, speaks_plainly
from cli.printing import AsJson, print_json, printed, width
from cli.read import Name, Replays, Tenant, identity, stored
from cli.tables import HomePath, SettingsPath, read_tables
from schemas.packets import Candidate
from schemas.times import HOUR
from sinks import queries
from sinks.listing import progress_of
from sinks.listing_text import list_text
from sinks.surroundings import Noise, SeenChange, Span, changes, noise, other_sources, recorded_until
from sinks.surroundings_text import changes_text, noise_text, why_text

_LOOK_S = 1.0
_LATEST = 500
"""Candidates that `watch` keeps in view, the latest ones."""
_DAY_H = 24

Hours = Annotated[int, typer.Option("--hours", help="How far back.", min=1, max=744)]
Days = Annotated[int, typer.Option("--days", help="How far back.", min=1, max=31)]
Words = Annotated[str, typer.Option("--search", help="Words that each change has to hold.")]
Recorded = Annotated[bool, typer.Option("--replays", help="Of replays, up to the end of what was recorded.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    commands = (("why", why), ("changes", changes_), ("noise", noise_), ("watch", watch))
    for name, command in commands:
        app.command(name, rich_help_panel="What is going on")(speaks_plainly(command))


def why(
    name: Name,
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Tenant = None,
    *,
    as_json: AsJson = False,
) -> None:
    """The ranked explanations of a candidate, how each was weighed, and why each alert belongs to it."""
    _, final, shown = stored(name, home, settings, tenant)
    others = read_tables(home, settings, lambda connection: other_sources(connection, final))
    body = shown.packet.model_dump(mode="json", include={"hypotheses"})
    members = [member.model_dump(mode="json") for member in final.members]
    text = why_text(shown.packet, shown.unproven, others)
    printed(
        text, {"incident": identity(final), **body, "members": members, "split_off": others}, as_json=as_json
    )


def changes_(
    home: HomePath = None,
    settings: SettingsPath = None,
    hours: Hours = _DAY_H,
    search: Words = "",
    *,
    replays: Recorded = False,
    as_json: AsJson = False,
) -> None:
    """Every change of the last day, and what followed it."""

    def ask(connection: Connection) -> tuple[Span, list[SeenChange]]:
        span = _span(connection, hours, replays=replays)
        return span, changes(connection, span, words=search)

    span, found = read_tables(home, settings, ask)
    body = {"since": span.since, "until": span.until, "changes": found}
    printed(changes_text(found, span, width()), body, as_json=as_json)


def noise_(
    home: HomePath = None,
    settings: SettingsPath = None,
    days: Days = 7,
    *,
    replays: Recorded = False,
    as_json: AsJson = False,
) -> None:
    """What pages most, what was suppressed, and why."""

    def ask(connection: Connection) -> tuple[Span, Noise]:
        span = _span(connection, days * _DAY_H, replays=replays)
        return span, noise(connection, span)

    span, found = read_tables(home, settings, ask)
    body = {"since": span.since, "until": span.until, **asdict(found)}
    printed(noise_text(found, span, width()), body, as_json=as_json)


def watch(
    home: HomePath = None,
    settings: SettingsPath = None,
    *,
    replays: Replays = False,
    as_json: AsJson = False,
) -> None:
    """What is open now, then each candidate whenever it has become another one, until Ctrl-C."""
    known, mark = dict[tuple[str, str], str](), None
    while True:
        now, found = read_tables(home, settings, lambda c: _latest(c, mark, replays=replays))  # noqa: B023 - called at once
        first, mark = mark is None, now
        if first:
            count = sum(one.state == "open" for one in found)
            progress(f"{count or 'nothing'} open now; watching until Ctrl-C")
        for one in reversed(found):
            name, revision = (one.tenant, one.candidate_id), one.revision.revision_id
            if known.get(name) != revision and not (first and one.state != "open"):
                _tell(one, as_json=as_json)
            known[name] = revision
        time.sleep(_LOOK_S)


Mark = tuple[int, ...]


def _latest(connection: Connection, mark: Mark | None, *, replays: bool) -> tuple[Mark, list[Candidate]]:
    """How far the tables are, and the candidates where that is further than the mark."""
    now = progress_of(connection)
    if now == mark:
        return now, []
    return now, queries.candidates(connection, replays=replays, merged=True, limit=_LATEST)


def _tell(candidate: Candidate, *, as_json: bool) -> None:
    if as_json:
        print_json(candidate.model_dump(mode="json"), on_one_line=True)
    else:
        printed(list_text([candidate], width()), None, as_json=False)
    sys.stdout.flush()


def _span(connection: Connection, hours: int, *, replays: bool) -> Span:
    """The last hours; of replays those before the end of what was recorded."""
    until = (recorded_until(connection) if replays else None) or time.time_ns() // 1000
    return Span(until - hours * HOUR, until, replays)
