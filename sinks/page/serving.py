"""Owns running the page as a process: its port, its producer, its end.

May not: know what is shown. Goes to: `incidents web`. A port that is taken, a broker or a database that does not
answer, is one line and a non-zero code.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import structlog
import uvicorn
import uvloop

from schemas.settings import Settings
from sinks.database import DatabaseProblem, opened
from sinks.page.app import page_app
from sinks.page.bounds import Pace
from sinks.page.desk import PARALLEL, Desk
from sinks.page.live import Watch
from sinks.page.trail import Trail
from sinks.page.words import templates
from wire.durable import Durable
from wire.errors import KafkaProblem
from wire.listening import CannotListen, OrderlyServer, listen, patience
from wire.meters import bound
from wire.presence import require_topics

_GRACE_S: Final = 2
"""How long open streams may last after the process was told to end."""

log = structlog.get_logger()


def run_page(settings: Settings, build: str, ready: Callable[[], object] = lambda: None) -> int:
    """Run the page until SIGTERM or SIGINT; the exit code. Problems at the start are one line on stderr.

    `ready` is called once it listens.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(settings, build, ready))
    except (CannotListen, KafkaProblem, DatabaseProblem) as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 1


async def serve(settings: Settings, build: str, ready: Callable[[], object] = lambda: None) -> int:
    """Answer until told to stop; 0 then, 1 when audit entries can be written no more.

    Raises CannotListen, DatabaseProblem for a bad address, or KafkaProblem when no broker answers.
    """
    page = settings.page
    async with AsyncExitStack() as opened_ones:
        listening = opened_ones.enter_context(listen("page", page.host, page.port))
        engine = opened(settings.sink.database)
        opened_ones.callback(engine.dispose)
        await asyncio.to_thread(require_topics, settings.kafka.bootstrap, ["audit-entries", "feedback"])
        durable = Durable(settings.kafka.bootstrap, timeout_s=page.ack_timeout_s, linger_ms=0)
        opened_ones.push_async_callback(durable.close)
        trail = Trail(durable, _now, build, settings.fold_hash())
        desk = Desk(
            page,
            engine,
            trail,
            templates(),
            Watch(engine),
            Pace(page.requests_per_s),
            asyncio.Semaphore(PARALLEL),
            settings,
        )
        bound("reader_requests", page.requests_per_s)
        bound("page_streams", page.max_streams, lambda: desk.watch.waiting)
        return await _serve(desk, listening, ready)


async def _serve(desk: Desk, listening: socket.socket, ready: Callable[[], object]) -> int:
    server = OrderlyServer(_config(desk))
    host, port = listening.getsockname()[:2]
    if not desk.settings.readers:
        log.warning("page.nobody_may_look", do="add [[page.readers]] to the settings")
    log.info("page.listening", url=f"http://{host}:{port}")
    ready()
    leaving = asyncio.create_task(_leave_when_broken(desk.trail.durable, server))
    await server.serve(sockets=[listening])
    leaving.cancel()
    return 1 if desk.trail.durable.broken else 0


def _config(desk: Desk) -> uvicorn.Config:
    return uvicorn.Config(
        page_app(desk),
        http=patience(desk.settings.slow_s),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        # Who asks is told by the connection; whose headers count is for the settings to say.
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )


async def _leave_when_broken(durable: Durable, server: uvicorn.Server) -> None:
    """A producer that has ended for good is not mended here: the process leaves, and is started again."""
    await durable.ended.wait()
    server.should_exit = True


def _now() -> int:
    return time.time_ns() // 1000
