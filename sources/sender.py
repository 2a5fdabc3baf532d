"""Owns sending a recording to a gateway as a replay tenant: catalog first, ticks between, the end mark last.

What the gateway refuses for now (429, 503) is sent again; what it refuses for good is counted and told. May
not: change what was recorded. Goes to: `incidents replay --through kafka` and the demo.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson
import stamina

from schemas.problem import Problem
from schemas.times import format_time
from sources.fields import at, listing
from sources.recording import Delivery, Tick
from streams.redact import Json

_ATTEMPTS: Final = 20
_PATIENCE_S: Final = 120.0
"""How long one delivery is sent again before giving up."""
_TIMEOUT_S: Final = 30.0
_FOR_NOW: Final = frozenset((429, 503))
_TAKEN: Final = frozenset((202, 400, 413))
"""What a gateway says once it has published a delivery, or kept it in dead-letters."""
_OUR_FAULT: Final = frozenset(("no_received_at", "no_time"))


class CannotSend(Problem, RuntimeError):
    """The recording cannot be sent. The text is one line for a person."""


class _Later(Exception):
    """The gateway asks for patience."""


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway, and the replay tenant to be there, with its token."""

    url: str
    tenant: str
    token: str


@dataclass(slots=True)
class Sent:
    """What has been sent so far, and what became of its items."""

    deliveries: int = 0
    ticks: int = 0
    published: int = 0
    ignored: int = 0
    refused: int = 0
    without_route: Counter[str] = field(default_factory=Counter)
    """Deliveries by sources that the gateway does not know."""
    reached: int = 0
    """Recorded time of the last delivery, in microseconds."""


def send(
    steps: Iterable[Delivery | Tick], target: Target, progress: Callable[[Sent], None] = lambda _: None
) -> Sent:
    """Send everything in order and return the counts; `progress` is called after each step.

    CannotSend when no gateway answers, the token is wrong, or Kafka stays unavailable.
    """
    sent = Sent()
    headers = {"authorization": f"Bearer {target.token}"}
    with httpx.Client(
        base_url=f"{target.url}/t/{target.tenant}/v1/", headers=headers, timeout=_TIMEOUT_S
    ) as client:
        for step in steps:
            if isinstance(step, Tick):
                _tick(client, step, sent)
            else:
                _deliver(client, step, sent)
            progress(sent)
    return sent


def _tick(client: httpx.Client, tick: Tick, sent: Sent) -> None:
    content = {"end": True} if tick.is_end else {"at": format_time(tick.at)}
    response = _post(client, "tick", orjson.dumps(content), {})
    if response.status_code != httpx.codes.ACCEPTED:
        raise CannotSend(_told(response))
    sent.ticks += 1


def _deliver(client: httpx.Client, delivery: Delivery, sent: Sent) -> None:
    body = delivery.body.encode() if isinstance(delivery.body, str) else orjson.dumps(delivery.body)
    headers = {**delivery.headers, "x-received-at": format_time(delivery.received_at)}
    response = _post(client, delivery.source, body, headers)
    answered = _json(response)
    sent.deliveries += 1
    sent.reached = delivery.received_at
    if at(answered, ("error",)) == "unknown_source":
        sent.without_route[delivery.source] += 1
        return
    if response.status_code not in _TAKEN or at(answered, ("error",)) in _OUR_FAULT:
        raise CannotSend(_told(response))
    sent.published += len(listing(at(answered, ("published",))))
    sent.ignored += len(listing(at(answered, ("ignored",))))
    sent.refused += len(listing(at(answered, ("refused",)))) if "refused" in _fields(answered) else 1


def _post(client: httpx.Client, route: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """One request, sent again while the gateway asks for patience."""
    try:
        for attempt in stamina.retry_context(on=_Later, attempts=_ATTEMPTS, timeout=_PATIENCE_S):
            with attempt:
                return _patient(client.post(route, content=body, headers=headers))
    except _Later as told:
        raise CannotSend(f"the gateway stays unavailable: {told}") from told
    except httpx.HTTPError as error:
        raise CannotSend(f"no gateway answers at {client.base_url.copy_with(path='/')}: {error}") from error
    raise AssertionError("the last attempt returns or raises")


def _patient(response: httpx.Response) -> httpx.Response:
    """The response, unless it asks to come again."""
    if response.status_code in _FOR_NOW:
        raise _Later(_told(response))
    return response


def _told(response: httpx.Response) -> str:
    """What the gateway said, in one line."""
    detail = at(_json(response), ("detail",))
    return f"the gateway answered {response.status_code}: {detail or response.text[:200]}"


def _fields(answered: Json) -> dict[str, Json]:
    return answered if isinstance(answered, dict) else {}


def _json(response: httpx.Response) -> Json:
    try:
        value: Json = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
    return value
