"""Owns taking in what a reader says of an incident: on record first, then on its way, then back to the incident.

May not: take a word from anybody who may only look, or believe a form that is not ours. Goes to: `feedback`.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from schemas.identity import digest
from schemas.packets import Candidate
from schemas.settings import is_replay
from sinks.page.access import Reader
from sinks.page.desk import Desk
from sinks.page.forms import fields_of, first, is_ours
from sinks.page.words import query
from sinks.queries import find, followed
from sinks.tables import CANDIDATES
from sinks.telling import split_of
from streams.telling import Person, Unclear, feedback_from

_MOST_BYTES: Final = 400_000
"""Enough for the names of as many alerts as an incident has."""
_LONGEST: Final = 200
_TEXTS: Final = ("source_ref", "team", "cause", "undoes", "note")
_OTHERS: Final = ("kind", "into", "alert", *_TEXTS)


@dataclass(frozen=True)
class _Asked:
    """The incident that is spoken of, and the one that it is to be merged with, if any."""

    candidate: Candidate
    into: Candidate | None


async def tell(desk: Desk, reader: Reader, request: Request) -> Response:
    """POST /incidents/{name}/feedback: what a person says of it."""
    back = request.url.path.removesuffix("/feedback") + (f"?{request.url.query}" if request.url.query else "")
    fields = await fields_of(request, _MOST_BYTES)
    if fields is None:
        return desk.problem(request, 413, "Too much", "Name fewer alerts, and use fewer words.", back=back)
    if not is_ours(request, fields):
        again = "Go back to the incident, and say it again."
        return desk.problem(request, 403, "This form is too old, or not from here", again, back=back)
    asked = await desk.ask(lambda connection: _asked(connection, reader, request, first(fields, "into")))
    if not reader.may_speak(asked.candidate):
        needed = "Whoever runs this gives the right: feedback = true in [[page.readers]]."
        return desk.problem(request, 403, "You may only look", needed, back=back)
    try:
        feedback = feedback_from(
            _said(fields, asked),
            Person(reader.actor, asked.candidate.tenant, "page"),
            desk.trail.clock(),
            _drawn(fields),
        )
    except (Unclear, ValueError) as wrong:
        return desk.problem(
            request, 400, "That is not clear", f"{wrong}. Go back and say it again.", back=back
        )
    await desk.trail.told(feedback, asked.candidate.tenant)
    tenant = asked.candidate.tenant if is_replay(asked.candidate.tenant) else ""
    onward = query([("tenant", tenant), ("told", feedback.kind)])
    return RedirectResponse(f"/incidents/{asked.candidate.short_id}{onward}#said", 303)


def _asked(connection: Connection, reader: Reader, request: Request, into: str) -> _Asked:
    within, tenant = reader.within(CANDIDATES), request.query_params.get("tenant") or None
    name = request.path_params["name"][:_LONGEST]
    candidate = followed(connection, find(connection, name, tenant, within))
    other = find(connection, into[:_LONGEST], candidate.tenant, within) if into else None
    return _Asked(candidate, followed(connection, other) if other else None)


def _said(fields: dict[str, list[str]], asked: _Asked) -> dict[str, Any]:
    """What the form says. Raises ValueError in one line where it names what is not there."""
    candidate, into = asked.candidate, asked.into
    kind = first(fields, "kind")
    said: dict[str, Any] = {
        "kind": kind,
        "candidate_id": candidate.candidate_id,
        "environment": candidate.environment,
        **{name: first(fields, name) for name in _TEXTS if first(fields, name)},
    }
    if into is not None:
        if (into.candidate_id, into.environment) == (candidate.candidate_id, candidate.environment):
            raise ValueError(f"{into.short_id} is this incident")
        if into.environment != candidate.environment:
            raise ValueError(
                f"{into.short_id} is in {into.environment}: incidents of one environment can be one"
            )
        said["into"] = into.candidate_id
    return {**said, **split_of(candidate, fields.get("alert", []))} if kind == "split" else said


def _drawn(fields: dict[str, list[str]]) -> str:
    """The same form sent twice is the same; the same page saying something else is something else."""
    told = [f"{name}={value}" for name in _OTHERS for value in fields.get(name, [])]
    return digest("form", first(fields, "drawn"), *told)
