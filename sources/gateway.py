"""Owns the way in over HTTP: a delivery is answered with 202 once the broker has all that follows from it.

Every delivery is stamped once with tenant and ingest time; what cannot be understood is in `dead-letters`, and
in the audit log, before the sender is told. May not: decide about incidents, or hold a delivery longer than
its request. Goes to: the input topics.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from schemas.audit import DeadLetter, Position
from schemas.settings import Settings, is_replay
from schemas.times import LATEST, format_time
from sources import observing
from sources.answers import answer, busy, denied, failed, taken, too_fast, too_much_refused, unavailable
from sources.bodies import body_of, headers_of, raw_of, unread
from sources.catalogue import FORMATS, UnknownSource, format_of
from sources.fields import at, moment
from sources.index import formats
from sources.intake import Intake, take
from sources.letters import Arrival, Raw, letter_record, raw_letter, refusal_record
from sources.quota import LetterQuota, RequestQuota
from sources.recording import tick_records
from sources.registry import registry_routes
from sources.signatures import Delivery, Unsigned, require_signature
from sources.tenancy import Denied, tenant_of
from sources.told import told
from streams.redact import Json
from wire.durable import Durable, Place
from wire.errors import KafkaProblem
from wire.meters import hit

RECEIVED_AT: Final = "x-received-at"
"""Header of a replay's delivery: when it was received, RFC 3339."""
_LARGE: Final = 64 * 1024
"""Bytes from which on reading a delivery would hold up the others."""
_DELIVERY: Final = re.compile(r"(?:/t/(?P<tenant>[^/]+))?/v1/(?!(?:tick|feedback)$)(?P<source>[^/]+)")
"""The address of a delivery; a format of the name tick or feedback there is none."""
_GONE: Final = 499
"""The client went away before its body was complete; nobody reads the answer."""


class Layout(Protocol):
    """The partitions of the input topics by name."""

    def __call__(self, *, anew: bool = False) -> Mapping[str, int]:
        """As known, or asked `anew`. Raises KafkaProblem."""
        ...


@dataclass(slots=True)
class Gateway:
    """What all requests share. `clock` gives microseconds since 1970."""

    settings: Settings
    durable: Durable
    clock: Callable[[], int]
    layout: Layout
    build: str
    waiting: int = field(default=0, init=False)
    quota: LetterQuota = field(init=False)
    pace: RequestQuota = field(init=False)

    def __post_init__(self) -> None:
        """Quotas of its own for each gateway, and its bounds for all to see."""
        self.quota = LetterQuota(self.settings.gateway.letter_bytes_per_hour)
        self.pace = RequestQuota(self.settings.gateway.requests_per_s)
        observing.bounds(self.settings.gateway, lambda: self.waiting)

    async def deliver(self, request: Request) -> Response:
        """POST /v1/{source} and /t/{tenant}/v1/{source}."""
        return await self._guarded(request, self._deliver)

    async def tick(self, request: Request) -> Response:
        """POST /t/{tenant}/v1/tick: a replay tenant says how far its time has come."""
        return await self._guarded(request, self._tick)

    async def feedback(self, request: Request) -> Response:
        """POST /v1/feedback and /t/{tenant}/v1/feedback: a person says something of a candidate."""
        return await self._guarded(request, self._feedback)

    async def ready(self, _: Request) -> Response:
        """GET /readyz: 200 while Kafka answers and has the topics."""
        try:
            await asyncio.to_thread(self.layout, anew=True)
        except KafkaProblem as problem:
            return failed(503, "kafka_unreachable", str(problem))
        broken = self.durable.broken
        return failed(503, "producer_ended", broken) if broken else answer(200, {"status": "ready"})

    async def _guarded(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """One request, counted and measured."""
        began = time.perf_counter()
        response = await self._answered(request, handle)
        observing.answered(request.path_params.get("source", "tick"), response.status_code, began)
        return response

    async def _answered(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """One request among at most `max_waiting`; every way in which it may fail has its answer."""
        if self.waiting >= self.settings.gateway.max_waiting:
            hit("waiting_deliveries")
            return busy()
        self.waiting += 1
        try:
            return await handle(request)
        except Denied as problem:
            return denied(problem)
        except UnknownSource as problem:
            return failed(404, "unknown_source", str(problem))
        except KafkaProblem as problem:
            return unavailable(str(problem))
        except ClientDisconnect:
            return Response(status_code=_GONE)
        finally:
            self.waiting -= 1

    async def _deliver(self, request: Request) -> Response:
        entry, headers = format_of(request.path_params["source"]), headers_of(request)
        tenant = self._tenant(request, headers, entry.route)
        wait_s = self.pace.wait_s(tenant, entry.route, self.clock())
        if wait_s:
            hit("sender_requests")
            return too_fast(wait_s)
        body = await body_of(request, self.settings.gateway)
        arrival = Arrival(tenant, entry.route, self._received_at(tenant, headers), headers)
        secrets = self.settings.secrets_of(tenant, entry.route)
        if isinstance(body, Raw):
            limit = self.settings.gateway.max_body_bytes
            kept = unread(body) if secrets else body
            return await self._refuse_raw(
                413, "too_large", f"more than {limit} bytes: send fewer items", kept, arrival
            )
        if secrets:
            try:
                require_signature(entry.route, secrets, Delivery(headers, body, arrival.received_at))
            except Unsigned as wrong:
                observing.unsigned(entry.route, wrong.reason)
                return await self._refuse_raw(401, wrong.reason, str(wrong), unread(raw_of(body)), arrival)
        try:
            parsed: Json = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            if not entry.is_text:
                return await self._refuse_raw(
                    400, "not_json", f"the body is no JSON: {error}", raw_of(body), arrival
                )
            parsed = body.decode("utf-8", "replace")
        slow = isinstance(parsed, str) or len(body) > _LARGE
        return await self._publish(await _taken(parsed, arrival, beside=slow))

    async def _publish(self, intake: Intake) -> Response:
        """Everything acknowledged, then every refusal on record, then the answer."""
        if not self.quota.takes(intake.letters, self.clock()):
            observing.over_quota(intake.letters)
            if not (intake.published or intake.ignored):
                return too_much_refused()
            intake = intake.without_originals()
        began = time.perf_counter()
        places = await self.durable.publish(intake.records)
        observing.appended(places, began)
        letters = [
            (one.letter, place)
            for one, place in zip(intake.rejected, places[len(intake.published) :], strict=True)
        ]
        await self._record(letters)
        return taken(intake)

    async def _refuse_raw(
        self, status: int, reason: str, detail: str, raw: Raw, arrival: Arrival
    ) -> Response:
        letter = raw_letter(reason, detail, raw, arrival)
        if not self.quota.takes([letter], self.clock()):
            observing.over_quota([letter])
            return too_much_refused()
        (place,) = await self.durable.publish([letter_record(letter, arrival)])
        await self._record([(letter, place)])
        return failed(status, reason, detail)

    async def _record(self, letters: list[tuple[DeadLetter, Place]]) -> None:
        """A refusal is a decision: its audit entry names the place of the letter."""
        settings_hash = self.settings.fold_hash() if letters else ""
        observing.refused(letter for letter, _ in letters)
        entries = [
            refusal_record(
                letter,
                Position(topic=at.topic, partition=at.partition, offset=at.offset),
                self.build,
                settings_hash,
            )
            for letter, at in letters
        ]
        await self.durable.publish(entries)

    async def _tick(self, request: Request) -> Response:
        tenant = self._tenant(request, headers_of(request))
        if not is_replay(tenant):
            raise Denied(404, "no_replay", f"{tenant} is no replay tenant: its time is that of the clock")
        reached = _reached(await body_of(request, self.settings.gateway))
        if reached is None:
            return failed(400, "no_time", 'a tick is {"at": RFC 3339} or {"end": true}')
        layout = await asyncio.to_thread(self.layout)
        await self.durable.publish(tick_records(tenant, reached, layout))
        return answer(202, {"tick": format_time(reached)})

    async def _feedback(self, request: Request) -> Response:
        return await told(request, self.settings, self.durable, self.clock(), self.build)

    def _tenant(self, request: Request, headers: Mapping[str, str], source: str = "") -> str:
        route = request.path_params.get("tenant")
        return tenant_of(route, headers.get("authorization"), self.settings, source)

    def _received_at(self, tenant: str, headers: Mapping[str, str]) -> int:
        """The ingest time: now, or for a replay tenant what its header says."""
        if not is_replay(tenant):
            return self.clock()
        stated = moment(headers.get(RECEIVED_AT))
        if stated is None:
            raise Denied(400, "no_received_at", f"a replay's delivery has the header {RECEIVED_AT}: RFC 3339")
        return stated


def gateway_app(gateway: Gateway) -> ASGIApp:
    """The HTTP application; starts and stops nothing by itself.

    Deliveries, which are nearly all requests, go straight to the gateway: routing among the other addresses costs
    as much as half of reading one.
    """
    others = _routes(gateway)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        found = _DELIVERY.fullmatch(scope["path"]) if is_post else None
        if found is None:
            await others(scope, receive, send)
            return
        scope["path_params"] = found.groupdict()
        response = await gateway.deliver(Request(scope, receive))
        await response(scope, receive, send)

    return serve


def _routes(gateway: Gateway) -> Starlette:
    """Every address, and what is answered about others and about other methods."""
    routes: list[BaseRoute] = [
        Route("/t/{tenant}/v1/tick", gateway.tick, methods=["POST"]),
        Route("/v1/feedback", gateway.feedback, methods=["POST"]),
        Route("/t/{tenant}/v1/feedback", gateway.feedback, methods=["POST"]),
        Route("/v1", formats, methods=["GET"]),
        Route("/v1/{source}", gateway.deliver, methods=["POST"]),
        Route("/t/{tenant}/v1/{source}", gateway.deliver, methods=["POST"]),
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", gateway.ready, methods=["GET"]),
        *registry_routes(),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _http_error})


async def _taken(body: Json, arrival: Arrival, *, beside: bool) -> Intake:
    """YAML and large deliveries are read beside the loop; the others take less than handing them over."""
    arguments = (arrival.source, body, arrival.sent, arrival.received_at, arrival.tenant)
    return await asyncio.to_thread(take, *arguments) if beside else take(*arguments)


def _reached(body: bytes | Raw) -> int | None:
    try:
        said: Json = orjson.loads(body) if isinstance(body, bytes) else None
    except orjson.JSONDecodeError:
        return None
    return LATEST if at(said, ("end",)) is True else moment(at(said, ("at",)))


async def _alive(_: Request) -> Response:
    return answer(200, {"status": "ok"})


async def _http_error(request: Request, error: Exception) -> Response:
    """404 and 405 of the router, as JSON that says what there is."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    if status == 405:  # noqa: PLR2004 - HTTP
        return failed(status, "wrong_method", f"{request.method} is not for {request.url.path}", headers)
    known = ", ".join(sorted(FORMATS))
    return failed(
        status, "no_such_path", f"POST /v1/<source> or /t/<tenant>/v1/<source>; sources: {known}", headers
    )
