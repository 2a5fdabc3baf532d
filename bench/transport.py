"""Records a second out of Kafka into a handler: the batching transport beside Faust as it comes.

    python bench/transport.py [RECORDS]

Starts a broker of its own, writes the example alert RECORDS times (100,000 without a number) into four
partitions, and lets each transport read all of it, by turns, twice, each in a process of its own. The
handler reads the Avro value of every record (fastavro, no model), or only counts. Prints a table; nothing
is asserted.
"""

# ruff: noqa: INP001, S603, T201 - a program, not a package; it starts itself; a bench prints

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

_ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_ROOT))

import fastavro  # noqa: E402 - the checkout must be on the path first
import faust  # noqa: E402
import orjson  # noqa: E402
import uvloop  # noqa: E402
from confluent_kafka.admin import AdminClient, NewTopic  # noqa: E402

from agents.app import WorkerSettings, build_app  # noqa: E402
from agents.progress import Batch  # noqa: E402
from agents.transport import Feed  # noqa: E402
from local.kafka import kill_broker, start_broker  # noqa: E402
from schemas.codec import schema_text  # noqa: E402
from wire.producer import Outbox  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

_TOPIC: Final = "bench"
_PARTITIONS: Final = 4
_WIRE_HEADER: Final = 5
_VALUE: Final = bytes.fromhex((_ROOT / "schemas/examples/alerts/v1.hex").read_text())
_SCHEMA: Final = fastavro.parse_schema(orjson.loads(schema_text("alerts", 1)))


class Count:
    """Counts records from the first on, and ends the process with the figures after the last."""

    def __init__(self, expected: int, *, decoding: bool) -> None:
        self.left = self.expected = expected
        self.read: Callable[[bytes], Any] = _decode if decoding else len
        self.began = self.worked = 0.0

    def one(self, value: bytes) -> None:
        """One record."""
        if self.left == self.expected:
            self.began, self.worked = time.perf_counter(), time.process_time()
        self.read(value)
        self.left -= 1
        if self.left == 0:
            took, worked = time.perf_counter() - self.began, time.process_time() - self.worked
            print(self.expected / took, worked / self.expected * 1e6, flush=True)
            os._exit(0)


def _decode(value: bytes) -> Any:  # noqa: ANN401 - fastavro's own type
    return fastavro.schemaless_reader(BytesIO(value[_WIRE_HEADER:]), _SCHEMA, None)


async def _batching(bootstrap: str, group: str, count: Count) -> None:
    async def handle(batch: Batch) -> None:
        for record in batch.records:
            count.one(record.value or b"")

    await build_app(WorkerSettings(bootstrap, group), [Feed(_TOPIC, handle)]).start()
    await asyncio.Event().wait()


async def _stock(bootstrap: str, group: str, count: Count) -> None:
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        topic_disable_leader=True,
        web_enabled=False,
        datadir=tempfile.mkdtemp(),
    )
    topic = app.topic(_TOPIC, key_type=bytes, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def consume(stream: faust.StreamT[bytes]) -> None:
        async for value in stream:
            count.one(value)

    app.agent(topic)(consume)
    await app.start()
    await asyncio.Event().wait()


async def _fill(bootstrap: str, records: int) -> None:
    new = [NewTopic(_TOPIC, _PARTITIONS, 1)]
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics(new)[_TOPIC].result()
    outbox = Outbox(bootstrap)
    for number in range(records):
        await outbox.send(_TOPIC, key=b"%d" % number, value=_VALUE, partition=number % _PARTITIONS)
    await outbox.close()


def _measure(transport: str, work: str, bootstrap: str, records: int, turn: int) -> tuple[float, float]:
    group = f"{transport}-{work}-{turn}"
    command = (sys.executable, __file__, transport, work, bootstrap, group, str(records))
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.split()
    return float(told[0]), float(told[1])


def _read(transport: str, work: str, bootstrap: str, group: str, records: str) -> None:
    logging.disable()
    uvloop.install()
    count = Count(int(records), decoding=work == "avro")
    asyncio.run({"batching": _batching, "stock": _stock}[transport](bootstrap, group, count))


def main(records: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        broker = start_broker(Path(folder), progress=print)
        try:
            asyncio.run(_fill(broker.bootstrap, records))
            print(f"{records:,} records of {len(_VALUE)} bytes, {_PARTITIONS} partitions")
            for work in ("count", "avro"):
                for turn in range(2):
                    for transport in ("batching", "stock"):
                        rate, cost = _measure(transport, work, broker.bootstrap, records, turn)
                        print(f"{work:6} {transport:9} {rate:10,.0f} records/s {cost:7.2f} µs CPU a record")
        finally:
            kill_broker(broker)


if __name__ == "__main__":
    _, *arguments = sys.argv
    if len(arguments) > 1:
        _read(*arguments)
    else:
        main(int(arguments[0]) if arguments else 100_000)
