"""Owns handing out an incident as a file: the postmortem, for readers only, and on record like every look."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from schemas.packets import Candidate
from sinks.decisions import decisions
from sinks.page.access import Reader
from sinks.page.desk import Desk
from sinks.postmortem import postmortem
from sinks.queries import NotFound, find, packet
from sinks.tables import CANDIDATES

_LONGEST = 200


async def postmortem_file(desk: Desk, reader: Reader, request: Request) -> Response:
    """GET /incidents/{name}/postmortem.md: the draft of a postmortem, as Markdown."""
    name, tenant = request.path_params["name"][:_LONGEST], request.query_params.get("tenant") or None

    def ask(connection: Connection) -> tuple[Candidate, str]:
        candidate = find(connection, name, tenant, reader.within(CANDIDATES))
        shown = packet(connection, candidate)
        if shown is None:
            raise NotFound(f"no packet of {candidate.short_id} is stored")
        return shown.packet.candidate, postmortem(shown, decisions(connection, candidate))

    candidate, text = await desk.ask(ask)
    await desk.trail.viewed(reader, candidate, what="postmortem")
    named = {"content-disposition": f'attachment; filename="{candidate.short_id}.md"'}
    return Response(text, media_type="text/markdown; charset=utf-8", headers=named)
