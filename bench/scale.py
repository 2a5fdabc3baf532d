"""What a second worker costs: a storm in 16 scopes and four partitions, with one worker and with two.

Both workers share the first core, so that what counts is the use of the processor for an event, not the wall's time.
Goes to: `python -m bench`.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.figures import Figures
from bench.peers.run import Run
from bench.runs import Used, command_of, fill, running, wait
from bench.storm import AGO_S
from bench.storms import Storm, records
from local.kafka import Broker, kill_broker, start_broker

_ALERTS: Final = 40_000
_SCOPES: Final = 16
_PARTITIONS: Final = 4
_TURNS: Final = 2


def measure(progress: Callable[[str], None]) -> Figures:
    """Events a second in 16 scopes, and the use of the processor with two workers by that with one."""
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as name:
        broker = start_broker(Path(name) / "kafka", progress=progress)
        try:
            storm = Storm(time.time() - AGO_S, _ALERTS, _SCOPES, _PARTITIONS)
            progress(f"writing a storm of {_ALERTS:,} alerts in {_SCOPES} scopes")
            count = fill(broker, _run(broker, storm, "fill"), records(storm))
            best = {workers: _best(broker, Path(name), storm, workers, progress) for workers in (1, 2)}
        finally:
            kill_broker(broker)
    return {
        f"scale.scopes_{_SCOPES}_events_per_s": count / best[1].cpu_s,
        "scale.two_workers_cpu_ratio": best[2].cpu_s / best[1].cpu_s,
    }


def _best(broker: Broker, folder: Path, storm: Storm, workers: int, progress: Callable[[str], None]) -> Used:
    took: list[Used] = []
    for turn in range(_TURNS):
        run = _run(broker, storm, f"workers-{workers}-{turn}")
        commands = [command_of(folder, run, "bench.worker", f"{run.run}-{n}") for n in range(workers)]
        with running(broker, folder, run, commands) as children:
            took.append(wait(children, storm.partitions))
        progress(f"{workers} workers: {took[-1].cpu_s:.1f} s of the processor's time")
    return min(took, key=lambda one: one.cpu_s)


def _run(broker: Broker, storm: Storm, name: str) -> Run:
    return Run(broker.bootstrap, name, storm.partitions, storm.ends_at)
