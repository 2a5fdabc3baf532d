"""Owns what processes use of the machine: seconds of the processor's time, and memory.

May not: start or stop them. Goes to: the benchmarks that watch a running system.
"""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures import Figures

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_USER, _SYSTEM = 11, 12
"""Fields of /proc/PID/stat after the name, from 0."""


@dataclass(frozen=True, slots=True)
class Used:
    """What processes have used so far, by name, in seconds of the processor's time, and when that was."""

    at: float
    seconds: Mapping[str, float]

    def since(self, earlier: "Used") -> dict[str, float]:
        """Share of one core, in percent, that each process has used since then."""
        passed = self.at - earlier.at
        both = self.seconds.keys() & earlier.seconds.keys()
        return {name: 100 * (self.seconds[name] - earlier.seconds[name]) / passed for name in sorted(both)}


def used(pids: Mapping[str, int]) -> Used:
    """What the processes have used until now; those that have ended are left out."""
    seconds: dict[str, float] = {}
    for name, pid in pids.items():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            seconds[name] = cpu_seconds(pid)
    return Used(time.monotonic(), seconds)


def cpu_seconds(pid: int) -> float:
    """Seconds of the processor's time that a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def resident_mb(pid: int | str = "self") -> float:
    """Resident memory of a process in millions of bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def cpu_figures(name: str, shares: Mapping[str, float]) -> Figures:
    """The shares as `name.gateway_pct` and so on, with their sum."""
    figures = {f"{name}.{process}_pct": share for process, share in shares.items()}
    return figures | {f"{name}.all_pct": sum(shares.values())}


def bind(cores: Mapping[int, int]) -> None:
    """Bind every thread of the processes to a core each, where the system can do that and has as many."""
    there = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for pid, number in cores.items():
        if number < len(there):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {there[number]})
