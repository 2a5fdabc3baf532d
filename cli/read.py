"""Owns the commands of a responder's terminal: list, show, timeline, evidence, from the tables alone.

May not: judge, change anything, or need Kafka. Goes to: standard output, as text for people or JSON.
"""

from dataclasses import asdict
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from cli.completing import evidence as evidence_ids
from cli.completing import incidents, tenants
from cli.console import fail, speaks_plainly
from cli.printing import AsJson, printed, width
from cli.tables import HomePath, SettingsPath, read_tables
from schemas.packets import Candidate
from sinks import queries
from sinks.listing_text import evidence_text, list_text, timeline_text
from sinks.packet_text import packet_text

Name = Annotated[
    str,
    typer.Argument(
        help="INC-7F3KQ2, or the full id or its beginning.", metavar="ID", autocompletion=incidents
    ),
]
EvidenceId = Annotated[
    str,
    typer.Argument(help="As cited in the packet, e.g. e3.", metavar="EVIDENCE", autocompletion=evidence_ids),
]
Tenant = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        help="Where several tenants have one of this name; else the lived one.",
        autocompletion=tenants,
    ),
]
Replays = Annotated[bool, typer.Option("--replays", help="Also what was replayed, not lived.")]
Merged = Annotated[bool, typer.Option("--merged", help="Also what has become part of another candidate.")]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=10_000)]


_IDENTITY: Final = ("tenant", "candidate_id", "short_id", "title")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for name, command in (("list", list_), ("show", show), ("timeline", timeline), ("evidence", evidence)):
        app.command(name, rich_help_panel="What is going on")(speaks_plainly(command))


def list_(
    home: HomePath = None,
    settings: SettingsPath = None,
    limit: Limit = 50,
    *,
    replays: Replays = False,
    merged: Merged = False,
    as_json: AsJson = False,
) -> None:
    """The incident candidates, latest first."""
    found = read_tables(
        home, settings, lambda c: queries.candidates(c, replays=replays, merged=merged, limit=limit)
    )
    printed(list_text(found, width()), [one.model_dump(mode="json") for one in found], as_json=as_json)


def stored(
    name: str, home: HomePath, settings: SettingsPath, tenant: Tenant
) -> tuple[Candidate, Candidate, queries.Shown]:
    """The candidate of a name, the one that it has become part of, and its packet; fails where none is stored."""

    def ask(connection: Connection) -> tuple[Candidate, Candidate, queries.Shown | None]:
        asked = queries.find(connection, name, tenant)
        final = queries.followed(connection, asked)
        return asked, final, queries.packet(connection, final)

    asked, final, shown = read_tables(home, settings, ask)
    if shown is None:
        fail(f"no packet of {final.short_id} is stored yet; try again in a moment")
    return asked, final, shown


def identity(candidate: Candidate) -> dict[str, str]:
    """Of which incident something is, for JSON."""
    return {name: getattr(candidate, name) for name in _IDENTITY}


def show(
    name: Name,
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Tenant = None,
    *,
    as_json: AsJson = False,
) -> None:
    """The context packet of a candidate; of the one that it has become part of, where it was merged."""
    asked, final, shown = stored(name, home, settings, tenant)
    text = packet_text(shown.packet, shown.unproven)
    if final is not asked:
        text = f"{asked.short_id} was MERGED into {final.short_id}, which follows.\n\n{text}"
    body = {
        "asked": asked.model_dump(mode="json"),
        "packet": shown.packet.model_dump(mode="json"),
        "unproven_claims": sorted(shown.unproven),
    }
    printed(text, body, as_json=as_json)


def timeline(
    name: Name,
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Tenant = None,
    *,
    as_json: AsJson = False,
) -> None:
    """What happened when, every revision included."""

    def ask(connection: Connection) -> tuple[Candidate, list[queries.Event]]:
        candidate = queries.find(connection, name, tenant)
        return candidate, queries.timeline(connection, candidate)

    candidate, events = read_tables(home, settings, ask)
    body = {"incident": identity(candidate), "events": events}
    printed(timeline_text(candidate, events, width()), body, as_json=as_json)


def evidence(
    name: Name,
    evidence_id: EvidenceId,
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Tenant = None,
    *,
    as_json: AsJson = False,
) -> None:
    """The stored original behind a citation: its position, hash, link and text."""

    def ask(connection: Connection) -> tuple[Candidate, queries.StoredEvidence]:
        candidate = queries.find(connection, name, tenant)
        return candidate, queries.evidence(connection, candidate, evidence_id)

    candidate, found = read_tables(home, settings, ask)
    body = {"incident": identity(candidate), **asdict(found)}
    printed(evidence_text(candidate, found), body, as_json=as_json)
