"""Owns the ticks: once a second, the time of day into each input partition that this worker reads.

A tick is a record with the header `tick` (wall-clock microseconds since 1970 UTC as decimal digits), the
key `tick` and a value of one zero byte: compacted topics refuse records without a key, and take a record
without a value for a deletion.

This is the one place below the command line that reads a clock, and the only use of it: the fold's clock
comes from these records. May not: decide what a tick means. Goes to: the input topics.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from agents.progress import Place
from wire.producer import Outbox

TICK: Final = "tick"
"""Name of the header, and as bytes the key."""
EVERY_S: Final = 1.0

_KEY: Final = TICK.encode()
_VALUE: Final = b"\0"


async def write_ticks(outbox: Outbox, places: Callable[[], Iterable[Place]]) -> None:
    """Tick for ever the partitions that `places` names at each second. DeliveryFailed ends it."""
    while True:
        await _tick(outbox, places(), time.time_ns() // 1000)
        await asyncio.sleep(EVERY_S)


async def _tick(outbox: Outbox, places: Iterable[Place], now: int) -> None:
    header = (TICK, b"%d" % now)
    for topic, partition in sorted(places):
        await outbox.send(topic, key=_KEY, value=_VALUE, partition=partition, headers=(header,))
    await outbox.flush()
