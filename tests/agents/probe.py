"""A worker for tests, run as a program: it writes into a topic what it was given, before that counts as done.

    python -m tests.agents.probe '{"bootstrap": ..., "group": ..., "topics": [...], "out": ...}'

Every record seen becomes one record in partition 0 of `out`: key `topic/partition`, value its offset, the
headers who saw it. See `Orders` for the rest.
"""

import asyncio
import dataclasses
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from agents.app import BatchApp, WorkerSettings
from agents.progress import Batch
from agents.ticks import write_ticks
from agents.transport import Feed
from agents.worker import run_worker
from wire.producer import Outbox


@dataclass(frozen=True)
class Orders:
    """What the probe is to do."""

    bootstrap: str
    group: str
    topics: list[str]
    out: str
    instance: str | None = None
    refuse: str = ""
    """Fail when a record with this value comes."""
    pause_ms: int = 0
    """Wait so long in the middle of each batch."""
    starts: dict[str, int] = field(default_factory=dict)
    """By partition of every topic: where to read from, instead of the committed offset."""
    named: bool = False
    """Whether `starts` is used, even where it is empty."""
    ticks: bool = False
    farewell: bool = False
    """Whether partitions that are given up are written down, too, with the value `released`."""
    session_s: float = 6.0

    def text(self) -> str:
        """The program's argument."""
        return json.dumps(dataclasses.asdict(self))


class Probe:
    """The handler of every topic."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.outbox = Outbox(orders.bootstrap, timeout_s=5)

    async def handle(self, batch: Batch) -> None:
        """Write down every record of the batch."""
        who = ("instance", (self.orders.instance or "").encode())
        for record in batch.records:
            if record.value == self.orders.refuse.encode():
                raise ValueError(f"will not take {self.orders.refuse}")
            place = f"{batch.topic}/{batch.partition}".encode()
            await self.outbox.send(
                self.orders.out, key=place, value=b"%d" % record.offset, partition=0, headers=(who,)
            )
        await asyncio.sleep(self.orders.pause_ms / 1000)
        await self.outbox.flush()

    async def positions(self, partitions: frozenset[int]) -> Mapping[int, int]:
        """Where the partitions start."""
        return {partition: self.orders.starts[str(partition)] for partition in partitions & self._named()}

    async def released(self, partitions: frozenset[int]) -> None:
        """Write down what is given up."""
        for partition in partitions:
            await self.outbox.send(self.orders.out, key=b"%d" % partition, value=b"released", partition=0)
        await self.outbox.flush()

    async def tick(self, app: BatchApp) -> None:
        """Tick every assigned partition."""
        await write_ticks(self.outbox, lambda: app.assigned)

    def feeds(self) -> list[Feed]:
        """One feed a topic."""
        positions = self.positions if self.orders.named else None
        released = self.released if self.orders.farewell else None
        return [Feed(topic, self.handle, positions, released) for topic in self.orders.topics]

    def _named(self) -> set[int]:
        return {int(partition) for partition in self.orders.starts}


def main(orders: Orders) -> int:
    """Run the worker and give its exit code."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    probe = Probe(orders)
    settings = WorkerSettings(
        orders.bootstrap, orders.group, orders.instance, session_s=orders.session_s, commit_s=0.2
    )
    return run_worker(settings, probe.feeds(), [probe.tick] if orders.ticks else [])


if __name__ == "__main__":
    sys.exit(main(Orders(**json.loads(sys.argv[1]))))
