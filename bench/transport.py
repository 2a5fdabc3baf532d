"""Records a second out of Kafka into a handler: the batching transport beside Faust as it comes.

A broker of its own, the example alert in four partitions; each transport reads all of it, by turns, each in a
process of its own on one core at most. The handler reads the Avro value of every record (fastavro, no model), or
only counts. Goes to: `python -m bench`.
"""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import fastavro
import faust
import orjson
import uvloop
from confluent_kafka.admin import AdminClient, NewTopic

from agents.app import WorkerSettings, build_app
from agents.progress import Batch
from agents.transport import Feed
from bench.figures import Figures
from local.kafka import kill_broker, start_broker
from schemas.parsed import schema_text
from wire.producer import Outbox

_ROOT: Final = Path(__file__).resolve().parent.parent
_TOPIC: Final = "bench"
_PARTITIONS: Final = 4
_WIRE_HEADER: Final = 5
_RECORDS: Final = {"batching": 300_000, "stock": 40_000}
"""How many each transport reads: both take some seconds."""
_TURNS: Final = 2
_PATIENCE_S: Final = 300


class Count:
    """Counts records from the first on, and ends the process with the figures after the last."""

    def __init__(self, expected: int, *, decoding: bool) -> None:
        self.left = self.expected = expected
        self.read: Callable[[bytes], Any] = _reader() if decoding else len
        self.began = self.worked = 0.0

    def one(self, value: bytes) -> None:
        """One record."""
        if self.left == self.expected:
            self.began, self.worked = time.perf_counter(), time.process_time()
        self.read(value)
        self.left -= 1
        if self.left == 0:
            took, worked = time.perf_counter() - self.began, time.process_time() - self.worked
            sys.stdout.write(f"{self.expected / took} {self.expected / worked}\n")
            sys.stdout.flush()
            os._exit(0)


def measure(progress: Callable[[str], None]) -> Figures:
    """Records a second of wall time, and a second of the processor's time, by transport and work; the best turn."""
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as folder:
        broker = start_broker(Path(folder), progress=progress)
        try:
            progress(f"writing {max(_RECORDS.values()):,} records")
            asyncio.run(_fill(broker.bootstrap, max(_RECORDS.values())))
            return _compared(broker.bootstrap, Path(folder), progress)
        finally:
            kill_broker(broker)


def _compared(bootstrap: str, folder: Path, progress: Callable[[str], None]) -> Figures:
    figures: Figures = {}
    for turn in range(_TURNS):
        for work in ("count", "avro"):
            for transport in _RECORDS:
                progress(f"{transport} transport, {work}, turn {turn + 1} of {_TURNS}")
                rate, rate_of_core = _measured(transport, work, (bootstrap, str(folder), str(turn)))
                name = f"transport.{transport}.{work}"
                _better(figures, f"{name}.records_per_s", rate)
                _better(figures, f"{name}.records_per_core_s", rate_of_core)
    batching, stock = (figures[f"transport.{name}.avro.records_per_core_s"] for name in ("batching", "stock"))
    return {
        "transport.records_per_s": batching,
        "transport.ratio_to_stock_faust": batching / stock,
        **figures,
    }


def _better(figures: Figures, name: str, rate: float) -> None:
    figures[name] = max(rate, figures.get(name, 0.0))


def _measured(transport: str, work: str, where: tuple[str, str, str]) -> tuple[float, float]:
    command = (sys.executable, "-m", "bench.transport", transport, work, *where)
    done = subprocess.run(  # noqa: S603 - this very program
        command, capture_output=True, text=True, check=True, timeout=_PATIENCE_S, cwd=_ROOT
    )
    rate, rate_of_core = done.stdout.split()
    return float(rate), float(rate_of_core)


async def _fill(bootstrap: str, records: int) -> None:
    value = bytes.fromhex((_ROOT / "schemas/examples/alerts/v1.hex").read_text())
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(_TOPIC, _PARTITIONS, 1)])[_TOPIC].result()
    outbox = Outbox(bootstrap)
    for number in range(records):
        await outbox.send(_TOPIC, key=b"%d" % number, value=value, partition=number % _PARTITIONS)
    await outbox.close()


def _reader() -> Callable[[bytes], Any]:
    schema = fastavro.parse_schema(orjson.loads(schema_text("alerts", 1)))
    return lambda value: fastavro.schemaless_reader(BytesIO(value[_WIRE_HEADER:]), schema, None)


async def _batching(bootstrap: str, group: str, count: Count, _folder: str) -> None:
    async def handle(batch: Batch) -> None:
        for record in batch.records:
            count.one(record.value or b"")

    await build_app(WorkerSettings(bootstrap, group), [Feed(_TOPIC, handle)]).start()
    await asyncio.Event().wait()


async def _stock(bootstrap: str, group: str, count: Count, folder: str) -> None:
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        topic_disable_leader=True,
        web_enabled=False,
        datadir=f"{folder}/{group}",
    )
    topic = app.topic(_TOPIC, key_type=bytes, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def consume(stream: faust.StreamT[bytes]) -> None:
        async for value in stream:
            count.one(value)

    app.agent(topic)(consume)
    await app.start()
    await asyncio.Event().wait()


def _read(transport: str, work: str, bootstrap: str, folder: str, turn: str) -> None:
    logging.disable()
    uvloop.install()
    count = Count(_RECORDS[transport], decoding=work == "avro")
    asyncio.run(
        {"batching": _batching, "stock": _stock}[transport](
            bootstrap, f"{transport}-{work}-{turn}", count, folder
        )
    )


if __name__ == "__main__":
    _read(*sys.argv[1:])
