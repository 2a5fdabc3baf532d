"""Owns running one system over a storm: its topics, its processes on one core each, and what it wrote.

A run's processes tell when they had the first record and when everything was acknowledged, each with the use of the
processor so far. Goes to: `bench.storm` and `bench.scale`.
"""

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import orjson
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from bench.peers.run import Run
from bench.processes import bind
from bench.sending import ROOT, LoadFailed
from bench.storms import Sent
from bench.watching import records
from local.kafka import Broker
from local.process import Child, kill, spawn
from schemas.audit import AuditEntry
from schemas.codec import decode
from schemas.model import Message
from schemas.packets import Candidate
from streams.export import export

_PATIENCE_S: Final = 90.0
_LOOK_S: Final = 0.05
_QUEUED: Final = 50_000
_LOGGER: Final = logging.getLogger("librdkafka")


class Used(NamedTuple):
    """What a run took from its first record on: seconds of the clock, and of the processor's time of all processes."""

    wall_s: float
    cpu_s: float


class Written(NamedTuple):
    """What a run decided: the export of its final candidates, and the names of its decisions."""

    candidates: bytes
    decisions: frozenset[str]


def fill(broker: Broker, run: Run, load: Iterable[Sent]) -> int:
    """Write the load into new input topics; the number of records. No run finds a snapshot of another."""
    make_topics(broker, [*run.inputs, "correlator-state"], run.partitions)
    lost: list[object] = []
    producer = Producer(
        {"bootstrap.servers": broker.bootstrap, "compression.type": "lz4", "acks": "all"}, logger=_LOGGER
    )
    count = 0
    for record, at in load:
        producer.produce(
            record.topic,
            record.value,
            record.key,
            record.partition or 0,
            on_delivery=lambda error, _: lost.append(error) if error else None,
            timestamp=at // 1000,
            headers=list(record.headers),
        )
        count += 1
        while producer.poll(0) or len(producer) > _QUEUED:
            pass
    producer.flush()
    if lost:
        raise LoadFailed(f"the load could not be written: {lost[0]}")
    return count


def make_topics(broker: Broker, names: Sequence[str], partitions: int) -> None:
    """Make topics and wait until they are there."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap}, logger=_LOGGER)
    for made in admin.create_topics([NewTopic(name, partitions, 1) for name in names]).values():
        made.result()


@contextmanager
def running(
    broker: Broker, folder: Path, run: Run, commands: Sequence[Sequence[str]]
) -> Iterator[list[Child]]:
    """The processes of a run, one a command, on the first core; ended when the block has."""
    make_topics(broker, [*run.names.values(), f"{run.run}.correlator-state"], run.partitions)
    children: list[Child] = []
    try:
        for number, command in enumerate(commands):
            name = f"{run.run}-{number}"
            children.append(spawn(name, command, log=folder / f"{name}.log", folder=ROOT))
            bind({children[-1].pid: 0, broker.pid: 1})
        yield children
    finally:
        for child in children:
            kill(child)


def command_of(
    folder: Path, run: Run, module: str, *arguments: str, python: str = sys.executable
) -> list[str]:
    """How a process of a run is started."""
    told = folder / f"{run.run}.json"
    told.write_bytes(orjson.dumps(run._asdict()))
    return [python, "-W", "ignore", "-m", module, str(told), *arguments]


def wait(children: Sequence[Child], expected: int) -> Used:
    """What the processes used by the time when `expected` ends had been told; LoadFailed where that does not come."""
    limit = time.monotonic() + _PATIENCE_S
    while (told := [_lines(child) for child in children]) and sum(_ended(lines) for lines in told) < expected:
        stopped = next((child for child in children if child.exit_code() not in (None, 0)), None)
        if stopped or time.monotonic() > limit:
            child = stopped or children[0]
            raise LoadFailed(f"{child.name} did not come to its end: {child.log.read_text('utf-8')[-300:]}")
        time.sleep(_LOOK_S)
    began = min(at for lines in told for what, at, _ in lines if what == "began")
    ended = max(at for lines in told for what, at, _ in lines if what == "ended")
    return Used(ended - began, sum(lines[-1][2] - lines[0][2] for lines in told if _ended(lines)))


def _lines(child: Child) -> list[tuple[str, float, float]]:
    words = (line.split() for line in child.log.read_text("utf-8", "replace").splitlines())
    return [(w[0], float(w[1]), float(w[2])) for w in words if len(w) == 3 and w[0] in ("began", "ended")]  # noqa: PLR2004 - what, when, how much


def _ended(lines: Sequence[tuple[str, float, float]]) -> int:
    return sum(what == "ended" for what, _, _ in lines)


def written(broker: Broker, run: Run) -> Written:
    """What a run has decided, read from its topics."""
    candidates = [one for one in _messages(broker, run, "incident-candidates") if isinstance(one, Candidate)]
    entries = _messages(broker, run, "audit-entries")
    return Written(
        export(candidates), frozenset(one.decision_id for one in entries if isinstance(one, AuditEntry))
    )


def _messages(broker: Broker, run: Run, topic: str) -> Iterator[Message]:
    starts = {(run.names[topic], number): 0 for number in range(run.partitions)}
    return (decode(topic, record.value) for record in records(broker.bootstrap, starts))
