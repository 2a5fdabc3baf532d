"""Our own worker on a run's topics: router and correlator in one Faust app with the batching transport.

    python -m bench.worker RUN.json NAME

Everything but the topics' names and the end is what `incidents worker` runs. Goes to: `bench.storm`, `bench.scale`.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
import structlog
import uvloop

from agents.app import WorkerSettings, build_app
from agents.correlator import Correlator
from agents.garbage import spare
from agents.progress import Batch
from agents.router import AT_ONCE, Router
from agents.snapshots import Snapshots
from agents.transport import Feed
from bench.core import BUILD, Told, has_ended
from bench.peers.run import Run
from bench.traffic import environments
from schemas.settings import Settings, TenantSettings
from wire.producer import Outbox


class RunOutbox(Outbox):
    """Writes to the run's own topics."""

    def __init__(self, bootstrap: str, names: Mapping[str, str]) -> None:
        super().__init__(bootstrap)
        self._names = names

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Queue one record for the run's topic."""
        await super().send(self._names[topic], key=key, value=value, partition=partition, headers=headers)


class Worker:
    """Router and correlator, and what the run is told of them."""

    def __init__(self, run: Run) -> None:
        settings = Settings(tenants=(TenantSettings(name="default", environments=environments()),))
        names = {**run.names, "correlator-state": f"{run.run}.correlator-state"}
        outbox = RunOutbox(run.bootstrap, names)
        self._run, self._told, self._ended = run, Told(), set[int]()
        layout = dict.fromkeys(run.inputs, run.partitions)
        self._router = Router(outbox, settings, layout, run.partitions, BUILD)
        snapshots = Snapshots(outbox, run.bootstrap, settings.state)
        self._correlator = Correlator(outbox, snapshots, settings, BUILD)

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """What it reads: the inputs, and `signals`."""
        correlator = self._correlator
        signals = Feed(self._run.names["signals"], self._fold, correlator.positions, correlator.released)
        return *(Feed(topic, self._route, at_once=AT_ONCE) for topic in self._run.inputs), signals

    async def _route(self, batch: Batch) -> None:
        self._told.begin()
        await self._router.handle(batch)

    async def _fold(self, batch: Batch) -> None:
        await self._correlator.handle(batch)
        memory = self._correlator.partitions[batch.partition].fold.memory
        if batch.partition not in self._ended and has_ended(memory, self._run.ends_at):
            self._ended.add(batch.partition)
            self._told.end()


async def main(run: Run, name: str) -> None:
    """Work until killed; an error ends it."""
    settings = WorkerSettings(bootstrap=run.bootstrap, group=run.run, instance=name)
    app = build_app(settings, Worker(run).feeds)
    await app.start()
    sys.exit(str(await app.failed))


if __name__ == "__main__":
    logging.disable()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO)
    )  # as `incidents worker`
    uvloop.install()
    spare()
    asyncio.run(main(Run(**orjson.loads(Path(sys.argv[1]).read_bytes())), sys.argv[2]))
