"""Owns `incidents doctor`: what each service publishes, what is missing, how to mend it, and the score over time.

May not: judge, or need Kafka. Goes to: standard output, and an exit code for a job that watches it.
"""

import time
from dataclasses import asdict, replace
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from cli.completing import services, tenants
from cli.console import fail, speaks_plainly
from cli.printing import AsJson, printed
from cli.tables import HomePath, SettingsPath, found_settings, read_tables
from schemas.settings import TenantSettings, is_replay
from schemas.times import DAY, format_time
from sinks.readiness import facts_of
from sinks.readiness_text import doctor_text, services_text
from sinks.surroundings import recorded_until
from streams.readiness import Facts, Readiness, history, judge

NOT_READY: Final = 3
"""Exit code while something that was asked for is missing; 1 and 2 are errors."""

_TENANT = typer.Option(
    "--tenant", help="Tenant; the first of the settings by default.", autocompletion=tenants
)
_SERVICE = typer.Option("--service", help="Only this service.", autocompletion=services)
_DAYS = typer.Option("--days", help="How far back deploys and alerts count.", min=1, max=90)
_HISTORY = typer.Option("--history", help="Days of the score over time.", min=1, max=90)
_LEAST = typer.Option(
    "--at-least", help="Enough of a score, in place of all that leads out of Level 0.", min=0, max=100
)
_ALL = typer.Option("--all", help="Also what is in order.")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="What is going on")(speaks_plainly(doctor))


def doctor(
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Annotated[str | None, _TENANT] = None,
    service: Annotated[str | None, _SERVICE] = None,
    days: Annotated[int, _DAYS] = 30,
    past: Annotated[int, _HISTORY] = 14,
    at_least: Annotated[int | None, _LEAST] = None,
    *,
    whole: Annotated[bool, _ALL] = False,
    as_json: AsJson = False,
) -> None:
    """What each service publishes, what is missing, how to mend it; ends with 3 while something is missing."""
    known = found_settings(home, settings)
    ours = known.tenant(tenant or known.tenants[0].name)
    if ours is None:
        fail(f"tenant {tenant} is not declared; there are {', '.join(one.name for one in known.tenants)}")

    def ask(connection: Connection) -> tuple[Facts, int]:
        until = _until(connection, ours)
        return facts_of(connection, ours, until - (days + past) * DAY, until), until

    facts, until = read_tables(home, settings, ask)
    found = _of(service, judge(facts, until, days))
    scores = history(facts, until, days, past) if service is None else []
    text = (
        doctor_text(found, scores, whole=whole)
        if service is None
        else services_text(found.services, whole=True)
    )
    printed(text, _body(found, scores), as_json=as_json)
    if not _is_enough(found, service, at_least):
        raise typer.Exit(NOT_READY)


def _until(connection: Connection, tenant: TenantSettings) -> int:
    """Now; of a replay the end of what was recorded."""
    recorded = recorded_until(connection, lambda table: table.c.tenant == tenant.name)
    return (recorded if is_replay(tenant.name) else None) or time.time_ns() // 1000


def _of(service: str | None, found: Readiness) -> Readiness:
    if service is None:
        return found
    named = tuple(one for one in found.services if one.service.lower() == service.lower())
    if not named:
        fail(f"no service is called {service!r}: neither the catalog nor an alert nor a deploy names it")
    return replace(found, services=named)


def _is_enough(found: Readiness, service: str | None, at_least: int | None) -> bool:
    if service is not None:
        only = found.services[0]
        return only.score >= at_least if at_least is not None else all(check.passed for check in only.checks)
    return found.score >= at_least if at_least is not None else found.ready


def _body(found: Readiness, scores: list[tuple[int, int]]) -> dict[str, object]:
    over_time = [{"at": format_time(at), "score": score} for at, score in scores]
    return {**asdict(found), "at": format_time(found.at), "score_over_time": over_time}
