"""Owns the life of a worker process: start, run until told to stop or something fails, leave honestly.

Exit codes: 0 after SIGTERM or SIGINT with everything in hand finished and committed; 1 after any failure,
with one line that says what and what to do. Whoever supervises it starts it again.

May not: retry, hide an error, restart parts of itself. Goes to: the command line.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import structlog
import uvloop

from agents.app import BatchApp, WorkerSettings, build_app
from agents.fetch import OutOfRange
from agents.garbage import spare
from agents.progress import CannotGoOn
from agents.transport import Feed
from wire.errors import KafkaProblem
from wire.gaps import Witness, gaps_of, tell_gaps
from wire.presence import require_topics

STOPPED: Final = 0
FAILED: Final = 1

_GRACE_S = 8.0
"""How long a stop may take to finish what is in hand; then the process leaves as if it had been killed."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_QUIET = {
    # Faust and mode print whole tracebacks for what is told here in one line.
    "faust": logging.CRITICAL + 1,
    "mode": logging.CRITICAL + 1,
    "aiokafka": logging.CRITICAL,
    "librdkafka": logging.CRITICAL,
}

_NOBODY: Final = Witness("worker", "", "")

Beside = Callable[[BatchApp], Awaitable[None]]
"""Something that runs for as long as the worker does, such as the ticks; its error ends the worker."""

log = structlog.get_logger()


def run_worker(
    settings: WorkerSettings, feeds: Sequence[Feed], beside: Sequence[Beside] = (), witness: Witness = _NOBODY
) -> int:
    """Run a worker in this process until it ends, and give its exit code. Takes over SIGTERM and SIGINT.

    `witness`: who says so in the audit log when records that are due are gone.
    """
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    # The consumer's thread makes its loop by the policy, so setting only ours would not do.
    uvloop.install()
    spare()
    try:
        require_topics(settings.bootstrap, [feed.topic for feed in feeds])
    except KafkaProblem as problem:
        return _failed(problem)
    return asyncio.run(_serve(settings, feeds, beside, witness))


async def _serve(
    settings: WorkerSettings, feeds: Sequence[Feed], beside: Sequence[Beside], witness: Witness
) -> int:
    stopping = _stop_signal()
    app = build_app(settings, feeds)
    life = asyncio.create_task(_live(app, beside))
    ends: set[asyncio.Future[Any]] = {stopping, app.failed, life}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if stopping.done() and not (app.failed.done() or life.done()):
        return await _stop(app, life)
    reason = _reason(app, life)
    if isinstance(reason, OutOfRange):
        await asyncio.to_thread(_tell_gap, settings.bootstrap, reason, witness)
    return _leave(reason)


def _tell_gap(bootstrap: str, gone: OutOfRange, witness: Witness) -> None:
    """What is gone is on record before the process leaves; where Kafka takes no record of it, it leaves as well."""
    try:
        told = tell_gaps(bootstrap, gaps_of(bootstrap, gone.places), witness, time.time_ns() // 1000)
    except KafkaProblem as problem:
        log.warning("worker.gap_not_on_record", reason=str(problem))
    else:
        log.warning("worker.gap", on_record=told)


async def _live(app: BatchApp, beside: Sequence[Beside]) -> None:
    """Run until something ends by itself, which is always an error."""
    await app.start()
    log.info("worker.started", group=app.conf.id, partitions=len(app.assigned))
    async with asyncio.TaskGroup() as group:
        for run in beside:
            group.create_task(_run(run, app))
        await app.wait_until_stopped()
        raise app.crash_reason or RuntimeError("the app ended by itself")


async def _run(run: Beside, app: BatchApp) -> None:
    await run(app)


async def _stop(app: BatchApp, life: asyncio.Task[None]) -> int:
    """Finish what is in hand, commit and leave the group; as if killed when that takes too long."""
    log.info("worker.stopping")
    life.cancel()
    # Not asyncio.timeout: Faust's services swallow the cancellation by which that works.
    stopped = asyncio.create_task(app.stop())
    await asyncio.wait({stopped}, timeout=_GRACE_S)
    if not stopped.done():
        return _leave(CannotGoOn(f"what was in hand was not finished and committed within {_GRACE_S:g} s"))
    # A cancelled service of Faust's counts as crashed, too; that is no Exception, and how a stop looks.
    failure = app.failed.result() if app.failed.done() else app.crash_reason
    if isinstance(failure, Exception):
        return _leave(failure)
    log.info("worker.stopped")
    return STOPPED


def _stop_signal() -> asyncio.Future[None]:
    """Done once the process is told to stop."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[None] = loop.create_future()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _tell, told)
    return told


def _tell(told: asyncio.Future[None]) -> None:
    if not told.done():
        told.set_result(None)


def _reason(app: BatchApp, life: asyncio.Task[None]) -> BaseException:
    if app.failed.done():
        return app.failed.result()
    error = life.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return app.crash_reason or error or RuntimeError("the worker ended by itself")


def _failed(reason: BaseException) -> int:
    told = (
        str(reason) if isinstance(reason, KafkaProblem | CannotGoOn) else f"{type(reason).__name__}: {reason}"
    )
    log.error("worker.failed", reason=told)
    return FAILED


def _leave(reason: BaseException) -> int:
    """End the process here and now: nothing that is half done may be committed on the way out."""
    code = _failed(reason)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
