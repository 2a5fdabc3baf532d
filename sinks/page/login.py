"""Owns logging in with a token, and out again. Behind a proxy that names the user nobody comes here.

A login link holds the token behind `#`, which browsers send to nobody; the page's script hands it over.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sinks.page.access import NotLoggedIn, by_token
from sinks.page.desk import Desk, Endpoint, cookie_name, peer, too_many
from sinks.page.forms import fields_of, first, is_secure

_LASTS_S: Final = 12 * 3600
"""How long a browser keeps the token: a shift."""
_MOST_BYTES: Final = 4_096
_OWN: Final = frozenset({"same-origin", "none"})


def login_form(desk: Desk) -> Endpoint:
    """GET /login."""

    async def answer(request: Request) -> Response:
        return _form(desk, request, request.query_params.get("next", ""))

    return answer


def login(desk: Desk) -> Endpoint:
    """POST /login with a token: a cookie, and on to what was asked for."""

    async def answer(request: Request) -> Response:
        if not desk.pace.allows(f"address {peer(request)}"):
            return too_many(desk, request, "reader_requests")
        if request.headers.get("sec-fetch-site", "none") not in _OWN:
            return desk.problem(request, 403, "Log in here", "Another site tried to log you in.")
        sent = await fields_of(request, _MOST_BYTES)
        if sent is None:
            return desk.problem(request, 413, "Too much", "A login is a token, and nothing else.")
        token, onward = first(sent, "token"), _onward(first(sent, "next"))
        try:
            by_token(token, desk.settings)
        except NotLoggedIn:
            wrong = "Nobody has this token. A local system prints a link that holds it: incidents up, incidents demo."
            return _form(desk, request, onward, wrong)
        return _let_in(desk, request, token, onward)

    return answer


def logout(_: Desk) -> Endpoint:
    """POST /logout: the browser forgets the token."""

    async def answer(request: Request) -> Response:
        response = RedirectResponse("/login", 303)
        response.delete_cookie(cookie_name(request))
        return response

    return answer


def _let_in(desk: Desk, request: Request, token: str, onward: str) -> Response:
    response = RedirectResponse(onward or "/", 303)
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=_LASTS_S,
        httponly=True,
        secure=is_secure(desk, request),
        samesite="lax",
    )
    return response


def _form(desk: Desk, request: Request, onward: str, wrong: str = "") -> Response:
    return desk.page("login.html", request, 401 if wrong else 200, onward=_onward(onward), wrong=wrong)


def _onward(address: str) -> str:
    """The address where it is one of ours; else nothing."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if ours and not parts.netloc and address.isprintable() else ""
