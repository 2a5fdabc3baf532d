"""Old signals are deleted, but never those that the second-newest snapshot may need."""

import asyncio
from pathlib import Path

from confluent_kafka import Producer

from agents.snapshots import Snapshots
from schemas.settings import StateSettings
from streams.memory import Memory
from tests.brokers import laid_out
from wire.partition import read_partition
from wire.producer import Outbox

_DAY_MS = 86_400_000


def test_signals_older_than_a_week_go_but_not_past_the_second_newest_snapshot(tmp_path: Path) -> None:
    """Six old signals and snapshots at three, four and five: the first four should be deleted, and no more."""
    now = 1_795_000_000_000
    with laid_out(tmp_path, partitions=1) as kafka:
        producer = Producer({"bootstrap.servers": kafka.bootstrap})
        for number in range(6):
            producer.produce("signals", value=b"%d" % number, partition=0, timestamp=now - 8 * _DAY_MS)
        assert producer.flush(60) == 0
        asyncio.run(_snapshots_and_trim(kafka.bootstrap, (3, 4, 5), now))
        assert [value for _, value in read_partition(kafka.bootstrap, "signals", 0)] == [b"4", b"5"]


async def _snapshots_and_trim(bootstrap: str, offsets: tuple[int, ...], now_ms: int) -> None:
    outbox = Outbox(bootstrap)
    snapshots = Snapshots(outbox, bootstrap, StateSettings())
    for offset in offsets:
        await snapshots.save(Memory(0, next_offset=offset))
    await snapshots.trim(0, now_ms)
    await outbox.close()
