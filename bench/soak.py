"""Whether memory stays flat: everything on one machine under a low, steady load for as long as is wanted.

The load of the latency measurement without new alerts, so that what has to be remembered grows by changes alone: what
grows beyond that would grow for ever. Goes to: `python -m bench`.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.figures import Figures
from bench.load import Order
from bench.processes import resident_mb
from bench.sending import LoadFailed, sending
from bench.traffic import environments
from cli.system import system
from local.home import home_of
from local.supervisor import Running
from schemas.settings import Settings, TenantSettings

_SEED: Final = 17
_RATE: Final = 25.0
_AT_ONCE: Final = 8
_LEAD_S: Final = 10.0
_PATIENCE_S: Final = 120.0
_LOOKS: Final = 120
"""How often the memory is looked at."""
_ACCEPTED: Final = 202

Sample = dict[str, float]
"""Resident memory in MB by process."""


def measure(seconds: float, progress: Callable[[str], None]) -> Figures:
    """Memory of each process in MB after a third of the time, a half, and at its end."""
    settings = Settings(tenants=(TenantSettings(name="default", environments=environments()),))
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as folder:
        home = home_of(Path(folder) / "home")
        with system(home, settings, workers=2) as here:
            return _loaded(here, Path(folder), seconds, progress)


def _loaded(here: Running, folder: Path, seconds: float, progress: Callable[[str], None]) -> Figures:
    pids = _pids(here)
    order = Order(here.status().gateway, _SEED, time.time() + _LEAD_S, _RATE, seconds, steady=True)
    progress("posting the catalog and the standing alerts")
    with sending(folder, "standing", replace(order, at_once=_AT_ONCE, standing=True)) as load:
        load.rows(_PATIENCE_S)
    progress(f"{_RATE:.0f} deliveries/s for {seconds:.0f} s")
    with sending(folder, "load", order) as load:
        samples = _samples(pids, order.start, seconds)
        rows = load.rows(_PATIENCE_S)
    if _pids(here) != pids:
        raise LoadFailed("a process of the system ended under load and was started again")
    sent = {"soak.deliveries": len(rows), "soak.refused": sum(row.status != _ACCEPTED for row in rows)}
    return {"soak.seconds": seconds, **sent, **grown(samples)}


def _pids(here: Running) -> dict[str, int]:
    return {each.name: each.pid for each in here.status().processes if each.pid is not None}


def _samples(pids: dict[str, int], start: float, seconds: float) -> list[Sample]:
    samples = []
    for number in range(1, _LOOKS + 1):
        time.sleep(max(0.0, start + number * seconds / _LOOKS - time.time()))
        samples.append({name: resident_mb(pid) for name, pid in pids.items()})
    return samples


def grown(samples: Sequence[Sample]) -> Figures:
    """Memory of each process, the mean of the second third of the time and of the last, and what it grew between."""
    third = len(samples) // 3
    figures: Figures = {}
    for name in samples[0]:
        before, after = (
            sum(one[name] for one in part) / third for part in (samples[third : 2 * third], samples[-third:])
        )
        figures |= {
            f"soak.memory.{name}_mb": after,
            f"soak.memory.{name}_growth_pct": 100 * (after - before) / before,
        }
    return figures
