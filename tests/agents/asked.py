"""Owns what the tests of the query agent share: an incident in a packet, its series, and a server that misbehaves."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from schemas.packets import Packet
from schemas.querying import PrometheusSource, QuerierSettings
from schemas.settings import Settings
from schemas.times import SECOND
from tests.streams.world import Sent, World, alert, entity

TENANT = "default"
HOSTILE = 'pay"} or vector(1) # \\'
"""A service's name that tries to end its label early."""


def packet_at(onset: int, service: str = "payment", rule: str = "HighErrorRate") -> Packet:
    """The first packet of an incident that begins at this time, in microseconds."""
    world = World(tenant=TENANT)
    first = alert(service, rule, start=0).model_copy(update={"starts_at": onset})
    world.send([Sent(entity(service), 0)], stamped=onset)
    world.send([Sent(first, 0)], stamped=onset)
    [packet] = world.packets()
    revision = packet.candidate.revision.model_copy(update={"at": onset})
    return packet.model_copy(update={"candidate": packet.candidate.model_copy(update={"revision": revision})})


def settings_of(url: str, **more: Any) -> Settings:  # noqa: ANN401 - any setting of the agent
    """Settings in which this address is whom to ask."""
    sources = (PrometheusSource(tenant=TENANT, url=url),)
    return Settings(querier=QuerierSettings(prometheus=sources, **more))


def series(onset: int, services: tuple[str, ...] = ("payment",)) -> str:
    """Requests around an onset: one in 500 fails, and from ten minutes before it three in ten."""
    lines = ["# TYPE http_requests counter"]
    for service in services:
        name = service.replace("\\", "\\\\").replace('"', '\\"')
        for code in ("200", "500"):
            total = 0.0
            for minute in range(-120, 11):
                share = 0.3 if minute > -10 else 0.002
                total += 600 * (share if code == "500" else 1 - share)
                at = onset / SECOND + 60 * minute
                lines.append(f'http_requests_total{{service="{name}",code="{code}"}} {total:.3f} {at:.3f}')
    return "\n".join([*lines, "# EOF", ""])


@dataclass
class Odd:
    """A server that answers as it is told, and remembers what it was asked."""

    answer: Callable[[BaseHTTPRequestHandler], None]
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def odd(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Odd]:
    """Such a server for as long as the block."""
    told = Odd(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            told.answer(self)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's own signature
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def says(status: int, body: bytes, *, drop_s: float = 0.0) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer with this status and body; `drop_s`: a byte each so many seconds."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("location", "http://127.0.0.1:9/elsewhere")
        handler.end_headers()
        for part in [body[n : n + 1] for n in range(len(body))] if drop_s else [body]:
            time.sleep(drop_s)
            try:
                handler.wfile.write(part)
                handler.wfile.flush()
            except OSError:
                return

    return answer


def now() -> int:
    """Microseconds since 1970, at a whole second."""
    return math.floor(time.time()) * SECOND
