"""Owns what completion offers as values: incidents, what they cite, their suspects, services, tenants.

A shell evaluates what it is offered: only names of letters, digits and a few marks are, and no text that somebody
else has written. May not: say anything, take long, or fail. Goes to: the arguments and options of the commands.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import typer
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from cli.settings_file import BadSettings
from cli.tables import found_settings, is_there
from schemas.packets import Candidate, Packet
from sinks import queries
from sinks.database import DatabaseProblem, opened
from sinks.tables import CANDIDATES, CHANGES

_MOST: Final = 50
_HARMLESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
Offer = Callable[..., list[str]]
"""Takes the context and what is begun, or only that; typer looks at the types."""


def incidents(context: typer.Context, begun: str) -> list[str]:
    """The short ids of the latest incidents."""
    found = _asked(context, lambda tables: queries.candidates(tables, replays=True, merged=True, limit=_MOST))
    return _harmless((one.short_id for one in found or ()), begun)


def evidence(context: typer.Context, begun: str) -> list[str]:
    """What the packet of the named incident cites."""
    packet = _packet(context)
    return _harmless([each.id for each in packet.evidence] if packet else [], begun)


def suspects(context: typer.Context, begun: str) -> list[str]:
    """The ranks of the named incident's explanations, and none of them."""
    packet = _packet(context)
    return _harmless([*(str(each.rank) for each in packet.hypotheses), "none"] if packet else [], begun)


def services(context: typer.Context, begun: str) -> list[str]:
    """The services that were changed, in order of the alphabet."""
    names = (
        select(CHANGES.c.service).where(CHANGES.c.service.is_not(None)).distinct().order_by(CHANGES.c.service)
    )
    return _harmless(_asked(context, lambda tables: list(tables.execute(names).scalars())) or [], begun)


def tenants(context: typer.Context, begun: str) -> list[str]:
    """The tenants of which there are incidents."""
    names = select(CANDIDATES.c.tenant).distinct().order_by(CANDIDATES.c.tenant)
    return _harmless(_asked(context, lambda tables: list(tables.execute(names).scalars())) or [], begun)


def one_of(*values: str) -> Offer:
    """A few fixed words."""

    def offer(begun: str) -> list[str]:
        return _harmless(values, begun)

    return offer


def _packet(context: typer.Context) -> Packet | None:
    given = context.params.get("name") or context.params.get("incident") or ""

    def ask(tables: Connection) -> Packet | None:
        candidate: Candidate = queries.followed(tables, queries.find(tables, given))
        shown = queries.packet(tables, candidate)
        return shown.packet if shown else None

    return _asked(context, ask) if given else None


def _asked(context: typer.Context, ask: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - what `ask` finds
    """What the tables answer; None where they cannot be asked: whoever completes a word wants no error."""
    home, settings = (_path(context.params.get(name)) for name in ("home", "settings"))
    try:
        address = found_settings(home, settings).sink.database
        if not is_there(address):
            return None
        engine = opened(address)
        try:
            with engine.connect() as tables:
                return ask(tables)
        finally:
            engine.dispose()
    except (BadSettings, DatabaseProblem, SQLAlchemyError, OSError, LookupError):
        return None


def _path(given: object) -> Path | None:
    return Path(str(given)) if given else None


def _harmless(names: Iterable[str], begun: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(begun) and _HARMLESS.fullmatch(name)]
