"""Owns that a form was sent by the page itself, and by the person in front of it, and what its fields say.

A form carries the value of a cookie that no other site can read, set or have sent (`SameSite=Strict`). May not: know
what is asked. Goes to: the handlers that take something in.
"""

import hmac
import secrets
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sinks.page.access import is_proxy
from sinks.page.desk import Desk, peer

_OWN: Final = "same-origin"
_LASTS_S: Final = 12 * 3600


class Form(NamedTuple):
    """What a form on a page carries beside its fields: the proof that it is ours, and what tells two of them apart."""

    proof: str
    drawn: str


def form_for(request: Request) -> Form:
    """The form for whoever asks for the page."""
    return Form(request.cookies.get(_cookie(request)) or secrets.token_hex(16), secrets.token_hex(8))


def with_proof(desk: Desk, request: Request, response: Response, form: Form) -> Response:
    """The answer, with the cookie that the form is held against."""
    response.set_cookie(
        _cookie(request),
        form.proof,
        max_age=_LASTS_S,
        httponly=True,
        secure=is_secure(desk, request),
        samesite="strict",
    )
    return response


def is_ours(request: Request, fields: dict[str, list[str]]) -> bool:
    """Whether the form was made for this browser, and sent from a page of ours."""
    proof, sent = request.cookies.get(_cookie(request), ""), first(fields, "proof")
    from_here = request.headers.get("sec-fetch-site", _OWN) == _OWN
    return from_here and bool(proof) and hmac.compare_digest(proof.encode(), sent.encode())


def is_secure(desk: Desk, request: Request) -> bool:
    """Whether the browser came by TLS: to us, or to a proxy of the settings that says so."""
    said = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    return request.url.scheme == "https" or (said == "https" and is_proxy(peer(request), desk.settings))


async def fields_of(request: Request, most: int) -> dict[str, list[str]] | None:
    """The fields of a form; None where it is larger than `most` bytes."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                return None
    except ClientDisconnect:
        return {}
    return parse_qs(body.decode("utf-8", "replace"))


def first(fields: dict[str, list[str]], name: str) -> str:
    """The first value of a field, without spaces around it; empty where there is none."""
    return fields.get(name, [""])[0].strip()


def _cookie(request: Request) -> str:
    return f"incidents-form-{request.url.port or 0}"
