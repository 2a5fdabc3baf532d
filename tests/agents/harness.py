"""Owns running probes: real worker processes, told what to do, watched from outside."""

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.agents.probe import Orders
from tests.facts import eventually
from tests.wire.log import end, header, read
from wire.producer import Outbox

_ROOT = Path(__file__).resolve().parents[2]
_WAIT_S = 30.0

Running = subprocess.Popen[str]
Start = Callable[[Orders], Running]


@contextmanager
def probes() -> Iterator[Start]:
    """Start probes; none outlives the block."""
    running: list[Running] = []

    def start(orders: Orders) -> Running:
        command = (sys.executable, "-m", "tests.agents.probe", orders.text())
        process = subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process

    try:
        yield start
    finally:
        for process in running:
            process.kill()
            process.communicate()


def fill(kafka: str, topic: str, values: Iterable[tuple[int, bytes]]) -> None:
    """Write the values into their partitions, and wait for the broker."""

    async def run() -> None:
        outbox = Outbox(kafka)
        for partition, value in values:
            await outbox.send(topic, key=b"key", value=value, partition=partition)
        await outbox.close()

    asyncio.run(run())


def fill_evenly(kafka: str, topic: str, partitions: int, each: int) -> None:
    """`each` records in every partition."""
    fill(kafka, topic, ((number % partitions, b"%d" % number) for number in range(each * partitions)))


def seen(orders: Orders) -> dict[str, list[int]]:
    """By place the offsets that probes wrote down, in the order in which they did."""
    places: dict[str, list[int]] = defaultdict(list)
    for message in read(orders.bootstrap, orders.out, 0):
        places[_text(message.key())].append(int(_text(message.value())))
    return dict(places)


def by_instance(orders: Orders) -> dict[str, int]:
    """How many records each instance wrote down."""
    counts: dict[str, int] = defaultdict(int)
    for message in read(orders.bootstrap, orders.out, 0):
        counts[header(message, "instance")] += 1
    return dict(counts)


def wait_until_written(orders: Orders, count: int) -> None:
    """Wait until the probes wrote down so many records."""
    eventually(
        lambda: end(orders.bootstrap, orders.out, 0) >= count, _WAIT_S, f"{count} records written down"
    )


def wait_until_all_seen(orders: Orders, expected: set[tuple[str, int]]) -> None:
    """Wait until every one of the records was written down at least once."""

    def missing_none() -> bool:
        return expected <= {(place, offset) for place, offsets in seen(orders).items() for offset in offsets}

    eventually(missing_none, _WAIT_S, f"all of {len(expected)} records seen")


def exit_of(process: Running) -> tuple[int, str]:
    """Its exit code and what it said, when it has ended."""
    _, said = process.communicate(timeout=_WAIT_S)
    return process.returncode, said


def _text(part: str | bytes | None) -> str:
    assert part is not None
    return part if isinstance(part, str) else part.decode()
