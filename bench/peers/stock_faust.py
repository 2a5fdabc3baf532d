"""The core inside Faust as it comes: one app with an agent for each of the two topics."""

import asyncio
import logging
import tempfile
from typing import Any

import faust
import uvloop

from bench.core import Record
from bench.peers.run import Work, headers_of, run_of
from bench.peers.sending import COMMIT_S


async def main() -> None:
    """Read both topics until the last record."""
    run = run_of()
    work = Work(run)
    app = faust.App(
        run.run,
        broker=f"kafka://{run.bootstrap}",
        broker_commit_interval=COMMIT_S,
        topic_disable_leader=True,
        web_enabled=False,
        datadir=tempfile.mkdtemp(prefix="incidents-bench-faust-"),
    )

    async def route(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            message: Any = event.message
            record = Record(
                message.offset, round(message.timestamp * 1000), message.value, headers_of(message.headers)
            )
            work.routed(message.partition, record)

    async def fold(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            message: Any = event.message
            work.folded(message.partition, message.offset, message.value)

    for name, step in (("alerts", route), (run.names["signals"], fold)):
        topic = app.topic(
            name, key_type=bytes, value_type=bytes, value_serializer="raw", key_serializer="raw"
        )
        app.agent(topic, name=step.__name__)(step)
    await app.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.disable()
    uvloop.install()
    asyncio.run(main())
