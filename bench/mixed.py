"""Steady mixed load through router and correlator on one core, as fast as it goes.

The load of the latency measurement (86 % repeats of 500 standing alerts, new and resolved alerts, deploys and configs,
on a catalog of a hundred services in five environments), recorded at its rate and read at full speed by our worker;
the broker has the other core. Goes to: `python -m bench`.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import orjson

from bench.figures import Figures
from bench.peers.run import Run
from bench.runs import command_of, fill, running, wait
from bench.storm import AGO_S
from bench.storms import TENANT, Sent, ticks
from bench.traffic import Planned, Traffic
from local.kafka import Broker, kill_broker, start_broker
from sources.intake import take

_SEED: Final = 13
_RATE: Final = 500.0
_END_S: Final = 3_600
_INPUTS: Final = ("alerts", "deploys", "configs", "catalog")


def measure(seconds: float, progress: Callable[[str], None]) -> Figures:
    """Events a second of the worker's use of the processor; `seconds` is the recorded length of the load."""
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as name:
        broker = start_broker(Path(name) / "kafka", progress=progress)
        try:
            return _measured(broker, Path(name), seconds, progress)
        finally:
            kill_broker(broker)


def _measured(broker: Broker, folder: Path, seconds: float, progress: Callable[[str], None]) -> Figures:
    start = float(round(time.time() - AGO_S))
    ends_at = round(start + seconds + _END_S) * 1_000_000
    run = Run(broker.bootstrap, "mixed", 1, ends_at, _INPUTS)
    progress(f"writing {seconds:.0f} s of mixed load")
    count = fill(broker, run, load(start, seconds, ends_at))
    progress(f"reading {count:,} records")
    with running(broker, folder, run, [command_of(folder, run, "bench.worker", "mixed")]) as children:
        used = wait(children, 1)
    return {
        "mixed.events_per_s": count / used.cpu_s,
        "mixed.events_per_wall_s": count / used.wall_s,
        "mixed.events": count,
    }


def load(start: float, seconds: float, ends_at: int) -> Iterator[Sent]:
    """The records of the load in order, with a tick a second for each input."""
    traffic, reached = Traffic(_SEED, start), 0.0
    for planned in chain(traffic.standing(), traffic.deliveries(_RATE, seconds)):
        if planned.at >= reached:
            reached = planned.at + 1
            yield from ticks(round(planned.at * 1e6), _INPUTS, 1)
        yield from _records(planned)
    yield from ticks(ends_at, _INPUTS, 1)


def _records(planned: Planned) -> Iterator[Sent]:
    at = round(planned.at * 1e6)
    body = planned.body.decode() if planned.source == "catalog" else orjson.loads(planned.body)
    for taken in take(planned.source, body, dict(planned.headers), at, TENANT).published:
        yield Sent(taken.record, at)
