"""Owns bringing one delivery to a gateway over HTTP, again and again until it is taken, refused, or out of time.

What a gateway or a proxy refuses for now (429, 502, 503, 504) and what the network loses is sent again; the
names of what is sent make sure that it counts once. May not: show the token. Goes to: `cli.publish`.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson
import stamina

from sources.fields import at, listing, mapping, text
from sources.publishing import WrongUse

TAKEN: Final = 0
REFUSED: Final = 1
NOT_DELIVERED: Final = 75
"""EX_TEMPFAIL of sysexits.h: the same command may succeed later."""
_FOR_NOW: Final = frozenset((429, 502, 503, 504))
_LONGEST_REQUEST_S: Final = 30.0
_SHORTEST_REQUEST_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 15.0
_BACKOFF_S: Final = 3.0
_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class _Later(Exception):
    """The gateway asks to come again, after `pause_s` seconds where it says so."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(_told(response))
        self.status = response.status_code
        self.pause_s = _retry_after(response)


@dataclass(frozen=True, slots=True)
class Address:
    """A gateway, and who publishes there. WrongUse where it cannot be one."""

    url: str
    tenant: str | None = None
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what HTTP cannot carry before a library names it in an error, the token with it."""
        parsed = _parsed(self.url)
        if parsed is None or parsed.scheme not in ("http", "https") or not parsed.host:
            raise WrongUse("the gateway's address is no URL: give --gateway https://host:port")
        if parsed.userinfo:
            raise WrongUse("the gateway's address holds a password: give --token, or INCIDENTS_TOKEN")
        if self.tenant is not None and not _TENANT.fullmatch(self.tenant):
            raise WrongUse("a tenant's name is lower-case letters, digits and dashes")
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise WrongUse("the token holds a line break or another character that HTTP cannot carry")

    def of(self, route: str) -> str:
        """Where deliveries of a route go."""
        return self.url.rstrip("/") + path_of(route, self.tenant)


def path_of(route: str, tenant: str | None) -> str:
    """The path under which a gateway takes deliveries of a route."""
    return f"/t/{tenant}/v1/{route}" if tenant else f"/v1/{route}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery; `code` is the exit code that says so."""

    code: int
    attempts: int
    status: int | None = None
    detail: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)

    def listed(self, name: str) -> list[Mapping[str, Any]]:
        """The items that the gateway published, ignored or refused."""
        return [mapping(item) for item in listing(self.answer.get(name))]


def post(address: Address, route: str, body: bytes, timeout_s: float) -> Outcome:
    """One delivery, sent again while that may help and `timeout_s` is not over. Raises nothing for any answer."""
    end, attempts = time.monotonic() + timeout_s, 0
    headers = {"content-type": "application/json" if route != "catalog" else "application/yaml"}
    if address.token:
        headers["authorization"] = f"Bearer {address.token}"
    try:
        with httpx.Client(headers=headers) as client:
            for attempt in stamina.retry_context(
                on=lambda error: _pause(error, end),
                attempts=None,
                timeout=timeout_s or None,
                wait_max=_BACKOFF_S,
            ):
                with attempt:
                    attempts = attempt.num
                    return _outcome(_sent(client, address.of(route), body, end), attempts)
    except _Later as told:
        return Outcome(NOT_DELIVERED, attempts, told.status, f"{told}; not taken within {timeout_s:g} s")
    except httpx.TransportError as error:
        why = f"no gateway answers at {address.url}: {str(error) or type(error).__name__}"
        return Outcome(NOT_DELIVERED, attempts, detail=f"{why}; tried for {timeout_s:g} s")
    raise AssertionError("the last attempt returns or raises")


def _sent(client: httpx.Client, url: str, body: bytes, end: float) -> httpx.Response:
    """One request. Raises _Later where the answer asks to come again."""
    left = max(_SHORTEST_REQUEST_S, min(_LONGEST_REQUEST_S, end - time.monotonic()))
    response = client.post(url, content=body, timeout=left)
    if response.status_code in _FOR_NOW:
        raise _Later(response)
    return response


def _pause(error: Exception, end: float) -> bool | float:
    """True or a pause in seconds where another try may help, False where not or no longer."""
    if time.monotonic() >= end or not isinstance(error, _Later | httpx.TransportError):
        return False
    asked = error.pause_s if isinstance(error, _Later) else None
    return True if asked is None else min(asked, _LONGEST_PAUSE_S, max(0.0, end - time.monotonic()))


def _outcome(response: httpx.Response, attempts: int) -> Outcome:
    answer = mapping(_json(response))
    good = response.status_code == httpx.codes.ACCEPTED and not listing(answer.get("refused"))
    detail = "" if response.status_code == httpx.codes.ACCEPTED else _told(response)
    return Outcome(TAKEN if good else REFUSED, attempts, response.status_code, detail, answer)


def _told(response: httpx.Response) -> str:
    """What the gateway said, in one line."""
    detail = text(at(_json(response), ("detail",))) or " ".join(response.text.split())[:200]
    return f"the gateway answered {response.status_code}{': ' if detail else ''}{detail}"


def _retry_after(response: httpx.Response) -> float | None:
    stated = response.headers.get("retry-after", "")
    return float(stated) if stated.isascii() and stated.isdigit() and len(stated) < 6 else None  # noqa: PLR2004 - a day


def _json(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None


def _parsed(url: str) -> httpx.URL | None:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None
