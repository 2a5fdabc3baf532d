"""Owns the pages of incidents: the list, one incident from top to bottom, a piece of evidence, and their streams.

May not: judge, or show a packet or evidence before the look at it is on record.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from schemas.packets import Candidate
from schemas.settings import is_replay
from sinks.listing import Line, Listed, Wanted, known_values, listed
from sinks.page.access import Reader
from sinks.page.desk import Desk, not_found, too_many
from sinks.page.forms import form_for, with_proof
from sinks.page.live import Said, stream
from sinks.page.packet import packet_values
from sinks.page.words import SAID, query
from sinks.queries import Event, NotFound, Shown, evidence, find, followed, packet, revisions
from sinks.said import beside
from sinks.tables import CANDIDATES
from sinks.views import PACKET_VIEWS

_FIELDS: Final = ("severity", "state", "owner", "environment", "service", "tenant")
_LONGEST: Final = 200


@dataclass(frozen=True)
class Found:
    """An incident as it was asked for: `asked` may have become part of `final`."""

    asked: Candidate
    final: Candidate
    shown: Shown | None
    revisions: list[Event]
    readers: int
    views: int
    beside: list[Event]
    """What people have said that its packet does not hold."""


async def list_page(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /: what is going on, latest first."""
    wanted = wanted_of(request)

    def ask(connection: Connection) -> tuple[Listed, dict[str, list[str]]]:
        within = reader.within(CANDIDATES)
        names = {name: known_values(connection, name, within) for name in ("owner", "environment", "tenant")}
        return listed(connection, wanted, within), names

    found, names = await desk.ask(ask)
    return desk.page("list.html", request, names=names, **_list_values(request, wanted, found))


async def list_stream(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /stream: the same list again, whenever it has become another one."""
    wanted = wanted_of(request)

    async def say() -> Said:
        found = await desk.ask(lambda connection: listed(connection, wanted, reader.within(CANDIDATES)))
        text = desk.text("rows.html", request, **_list_values(request, wanted, found))
        return Said("list", sha256(text.encode()).hexdigest()[:16], text)

    return _streaming(desk, request, say)


async def incident_page(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /incidents/{name}: everything that is known of it."""
    found = await desk.ask(lambda connection: _found(connection, reader, request))
    if found.final.candidate_id != found.asked.candidate_id:
        onward = query([("tenant", _tenant(found.final)), ("merged", found.asked.short_id)])
        return RedirectResponse(f"/incidents/{found.final.short_id}{onward}", 303)
    if found.shown is None:
        waiting = f"No packet of {found.final.short_id} is stored yet."
        return desk.problem(request, 503, "A moment", waiting, after_s=1)
    values = packet_values(found.shown, found.revisions)
    merged = request.query_params.get("merged", "")
    # A long packet takes a while to lay out: beside the loop, so that no other reader waits for it.
    form = form_for(request) if reader.may_speak(found.final) else None
    told = SAID.get(request.query_params.get("told", ""), "")
    answer = await asyncio.to_thread(
        desk.page, "incident.html", request, **values, found=found, merged=merged, form=form, told=told
    )
    await desk.trail.viewed(reader, found.shown.packet.candidate, what="packet")
    return with_proof(desk, request, answer, form) if form else answer


async def incident_stream(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /incidents/{name}/stream: that there is another revision, and nothing of what is in it."""
    name, tenant = _named(request)

    async def say() -> Said:
        candidate = await desk.ask(lambda c: find(c, name, tenant, reader.within(CANDIDATES)))
        revision = candidate.revision
        text = "merged" if candidate.merged_into else f"{revision.number} {candidate.phase} {candidate.state}"
        return Said("revision", revision.revision_id, text)

    await say()  # what is not there has its page, not a stream
    return _streaming(desk, request, say)


async def evidence_page(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /incidents/{name}/evidence/{evidence_id}: the stored original behind a citation."""
    name, tenant = _named(request)
    wanted = request.path_params["evidence_id"][:40]
    candidate = await desk.ask(lambda c: find(c, name, tenant, reader.within(CANDIDATES)))
    try:
        stored = await desk.ask(lambda c: evidence(c, candidate, wanted))
    except NotFound as missing:
        back = f"/incidents/{candidate.short_id}" + (f"?{request.url.query}" if request.url.query else "")
        return not_found(desk, request, missing, back=back)
    answer = await asyncio.to_thread(desk.page, "evidence.html", request, candidate=candidate, stored=stored)
    await desk.trail.viewed(reader, candidate, what="evidence", evidence=wanted.lower())
    return answer


def wanted_of(request: Request) -> Wanted:
    """What the address asks for; what makes no sense in it is as if it were left out."""
    said = {name: request.query_params.get(name, "")[:_LONGEST] for name in (*_FIELDS, "q", "after")}
    at, _, identity = said["after"].partition(".")
    after = (int(at), identity) if at.isdecimal() and len(at) < 18 and identity else None  # noqa: PLR2004 - fits 64 bits
    return Wanted(
        words=said["q"],
        severity=said["severity"],
        state=said["state"],
        owner=said["owner"],
        environment=said["environment"],
        service=said["service"],
        tenant=said["tenant"],
        replays=request.query_params.get("replays") == "1",
        after=after,
    )


def _list_values(request: Request, wanted: Wanted, found: Listed) -> dict[str, Any]:
    said = [(name, value) for name, value in request.query_params.items() if name not in {"after", "merged"}]
    last = found.lines[-1] if found.lines else None
    older = query([*said, ("after", f"{last.opened_at}.{last.candidate_id}")]) if last and found.more else ""
    rows = [(line, _address(line)) for line in found.lines]
    several = len({line.tenant for line in found.lines}) > 1
    now = query([*said, ("after", request.query_params.get("after", ""))])
    return {"wanted": wanted, "found": found, "rows": rows, "older": older, "several": several, "said": now}


def _address(line: Line) -> str:
    return f"/incidents/{line.short_id}{query([('tenant', line.tenant if is_replay(line.tenant) else '')])}"


def _tenant(candidate: Candidate) -> str:
    return candidate.tenant if is_replay(candidate.tenant) else ""


def _named(request: Request) -> tuple[str, str | None]:
    return request.path_params["name"][:_LONGEST], request.query_params.get("tenant") or None


def _found(connection: Connection, reader: Reader, request: Request) -> Found:
    name, tenant = _named(request)
    asked = find(connection, name, tenant, reader.within(CANDIDATES))
    final = followed(connection, asked)
    if not reader.sees(final):
        raise NotFound(f"{asked.short_id} has become part of an incident that you may not see")
    view = PACKET_VIEWS
    looks = select(view.c.views).where(
        view.c.tenant == final.tenant, view.c.candidate_id == final.candidate_id
    )
    views = list(connection.execute(looks).scalars())
    shown = packet(connection, final)
    more = beside(connection, final, shown.packet) if shown else []
    return Found(asked, final, shown, revisions(connection, final), len(views), sum(views), more)


def _streaming(desk: Desk, request: Request, say: Callable[[], Awaitable[Said]]) -> Response:
    if desk.watch.waiting >= desk.settings.max_streams:
        return too_many(desk, request, "page_streams")
    known = request.headers.get("last-event-id") or request.query_params.get("known")
    events = stream(desk.watch, say, known)
    return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
