"""Owns running the gateway as a process: its port, its producer, its end.

May not: know what is delivered. Goes to: `incidents gateway`. A port that is taken, or a broker that does not
answer, is one line and a non-zero code.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from schemas.settings import Settings
from schemas.topics import INPUT_TOPICS
from sources.gateway import Gateway, gateway_app
from sources.traced import CarryingDurable, traced
from wire.durable import Durable
from wire.errors import KafkaProblem
from wire.listening import CannotListen, OrderlyServer, listen, patience
from wire.presence import require_topics
from wire.tracing import Traces

PORT_FILE: Final = "gateway.port"
"""Name of the file in the state folder that holds the port in decimal digits while the gateway listens."""
_NEEDED: Final = (*INPUT_TOPICS, "dead-letters", "audit-entries")
_LAYOUT_S: Final = 30.0
"""How long the number of partitions counts as known."""
_GRACE_S: Final = 15

log = structlog.get_logger()


def run_gateway(
    settings: Settings,
    *,
    build: str | None = None,
    state: Path | None = None,
    ready: Callable[[], object] = lambda: None,
    traces: Traces | None = None,
) -> int:
    """Run the gateway until SIGTERM or SIGINT; the exit code. Problems at the start are one line on stderr.

    `build`: version of the code for the audit log; `state`: folder for the file that tells the port; `ready` is
    called once it listens; `traces`: of deliveries, where they are traced.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(settings, build or installed_version(), state, ready, traces))
    except (CannotListen, KafkaProblem) as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 1


async def serve(
    settings: Settings,
    build: str,
    state: Path | None = None,
    ready: Callable[[], object] = lambda: None,
    traces: Traces | None = None,
) -> int:
    """Listen until told to stop; 0 then, 1 when the producer has ended for good.

    Raises CannotListen, or KafkaProblem when no broker answers or topics are missing.
    """
    listening = listen("gateway", settings.gateway.host, settings.gateway.port)
    try:
        await asyncio.to_thread(require_topics, settings.kafka.bootstrap, _NEEDED)
        producer = Durable if traces is None else CarryingDurable
        durable = producer(settings.kafka.bootstrap, timeout_s=settings.gateway.ack_timeout_s)
        try:
            gateway = Gateway(settings, durable, _now, _Layout(settings.kafka.bootstrap), build)
            app = gateway_app(gateway)
            app = app if traces is None else traced(app, traces)
            return await _serve(gateway, app, listening, state, ready)
        finally:
            await durable.close()
    finally:
        listening.close()


def installed_version() -> str:
    """The version of the installed program."""
    try:
        return version("incident-intelligence")
    except PackageNotFoundError:
        return "unknown"


async def _serve(
    gateway: Gateway, app: ASGIApp, listening: socket.socket, state: Path | None, ready: Callable[[], object]
) -> int:
    host, port = listening.getsockname()[:2]
    config = uvicorn.Config(
        app,
        http=patience(gateway.settings.gateway.slow_s),
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = OrderlyServer(config)
    with _PortFile(state, port):
        log.info("gateway.listening", host=host, port=port, url=f"http://{host}:{port}")
        ready()
        watching = asyncio.create_task(_leave_when_broken(gateway.durable, server))
        await server.serve(sockets=[listening])
        watching.cancel()
    log.info("gateway.stopped", broken=gateway.durable.broken)
    return 1 if gateway.durable.broken else 0


async def _leave_when_broken(durable: Durable, server: uvicorn.Server) -> None:
    """A producer that has ended for good is not mended here: the process leaves, and is started again."""
    await durable.ended.wait()
    server.should_exit = True


class _PortFile:
    """The file that tells the port, there only while the gateway listens."""

    def __init__(self, folder: Path | None, port: int) -> None:
        self._file = folder / PORT_FILE if folder else None
        self._port = port

    def __enter__(self) -> None:
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft = self._file.with_suffix(f".{os.getpid()}")
            draft.write_text(f"{self._port}\n", "utf-8")
            draft.replace(self._file)

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.unlink(missing_ok=True)


class _Layout:
    """The partitions of the input topics, asked again after a while, since topics may grow, or at once."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._known: Mapping[str, int] = {}
        self._until = 0.0

    def __call__(self, *, anew: bool = False) -> Mapping[str, int]:
        if anew or time.monotonic() > self._until:
            self._known = require_topics(self._bootstrap, _NEEDED)
            self._until = time.monotonic() + _LAYOUT_S
        return self._known


def _now() -> int:
    return time.time_ns() // 1000
