"""A storm through router and correlator on one core, beside other stream processors and the raw limit.

95 % repeats of 1,000 fingerprints. Each system reads the same records from the same broker, has the same core inside
(`streams.route` and `streams.fold`), sends with the same producer and commits once a second; they run by turns, each
in a process of its own on one core, the broker on the other. What each decided is compared before any time counts.
Events a second are those of a second of the processor's time, since the broker and other programs take theirs.
Goes to: `python -m bench`.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bench.figures import Figures
from bench.peers.run import Run
from bench.runs import Used, Written, command_of, fill, running, wait, written
from bench.sending import ROOT, LoadFailed
from bench.storms import Storm, records
from local.kafka import Broker, kill_broker, start_broker

_TURNS: Final = 2
_ALERTS: Final = 60_000
AGO_S: Final = 7_200
"""A load was so long ago: its last tick, too, lies before now."""
_PEERS: Final = ROOT / "bench" / "peers" / ".venv" / "bin" / "python"
_RAW: Final = "raw_limit"
_OURS: Final = "ours"
_MODULES: Final[Mapping[str, tuple[str, str]]] = {
    _RAW: ("bench.raw", sys.executable),
    _OURS: ("bench.worker", sys.executable),
    "quix": ("bench.peers.quix", str(_PEERS)),
    "bytewax": ("bench.peers.bytewax_flow", str(_PEERS)),
    "stock_faust": ("bench.peers.stock_faust", sys.executable),
}


def measure(progress: Callable[[str], None]) -> Figures:
    """Events a second by system, the best turn of each, and our ratio to each of the others."""
    if not _PEERS.exists():
        raise LoadFailed("the peers are not installed: `make bench` does it")
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as name:
        folder = Path(name)
        broker = start_broker(folder / "kafka", progress=progress)
        try:
            storm = Storm(time.time() - AGO_S, _ALERTS)
            progress(f"writing a storm of {_ALERTS:,} alerts")
            count = fill(broker, _run(broker, storm, "fill"), records(storm))
            return _figures(count, _turns(broker, folder, storm, progress))
        finally:
            kill_broker(broker)


def _turns(
    broker: Broker, folder: Path, storm: Storm, progress: Callable[[str], None]
) -> dict[str, list[Used]]:
    used: dict[str, list[Used]] = {name: [] for name in _MODULES}
    ours: Written | None = None
    for turn in range(_TURNS):
        for name in _MODULES:
            run = _run(broker, storm, f"{name}-{turn}")
            took = _once(broker, folder, name, run)
            progress(f"{name}: {took.cpu_s:.1f} s of the processor's time, turn {turn + 1} of {_TURNS}")
            used[name].append(took)
            if name != _RAW:
                wrote = written(broker, run)
                ours = ours or wrote
                _compare(name, wrote, ours)
    return used


def _run(broker: Broker, storm: Storm, name: str) -> Run:
    return Run(broker.bootstrap, name, storm.partitions, storm.ends_at)


def _once(broker: Broker, folder: Path, name: str, run: Run) -> Used:
    module, python = _MODULES[name]
    with running(broker, folder, run, [command_of(folder, run, module, name, python=python)]) as children:
        return wait(children, run.partitions if name == _OURS else 1)


def _compare(name: str, wrote: Written, ours: Written) -> None:
    if not ours.candidates or wrote != ours:
        counts = f"{len(wrote.decisions)} decisions, {len(ours.decisions)} of ours"
        raise LoadFailed(f"{name} did not decide what our first run decided ({counts}): no time counts")


def _figures(count: int, used: Mapping[str, list[Used]]) -> Figures:
    best = {name: min(took, key=lambda one: one.cpu_s) for name, took in used.items()}
    rates = {name: count / took.cpu_s for name, took in best.items()}
    others = (name for name in rates if name != _OURS)
    return {
        "storm.events_per_s": rates[_OURS],
        **{f"storm.ratio_to_{name}": rates[_OURS] / rates[name] for name in others},
        **{f"storm.{name}.events_per_s": rate for name, rate in rates.items()},
        **{f"storm.{name}.events_per_wall_s": count / took.wall_s for name, took in best.items()},
    }
