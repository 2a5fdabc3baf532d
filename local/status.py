"""Owns what a person or a program is told about a local system, and how it is kept in `state.json`.

May not: start, stop or ask anything but the lock. Goes to: `incidents status --json`, `down` and `--detach`.
"""

from dataclasses import asdict, dataclass, replace
from typing import Literal

import orjson

from local.home import Home, holder, replace_file

Phase = Literal["starting", "up", "stopping", "down"]
Health = Literal["starting", "healthy", "failing", "restarting", "gone"]


@dataclass(frozen=True)
class ProcessStatus:
    """One process. `exit_code` is that of its last end: 128 + n after signal n; None while it never ended."""

    name: str
    pid: int | None
    port: int
    health: Health
    restarts: int
    exit_code: int | None
    trouble: str
    """Why it could not be started the last time; empty when it could."""
    log: str
    metrics: str = ""
    """Where Prometheus reads what it counts; empty for the broker."""


@dataclass(frozen=True)
class Status:
    """A whole system; `pid` is the supervisor's, `bootstrap`, `gateway` and `page` are where it answers."""

    phase: Phase
    home: str
    pid: int | None
    bootstrap: str
    gateway: str
    page: str
    settings: str
    processes: tuple[ProcessStatus, ...]

    @property
    def healthy(self) -> bool:
        """Whether everything runs and answers."""
        return self.phase == "up" and all(each.health == "healthy" for each in self.processes)


def to_json(status: Status) -> bytes:
    """The status as one indented JSON object."""
    return orjson.dumps({**asdict(status), "healthy": status.healthy}, option=orjson.OPT_INDENT_2)


def from_json(text: bytes) -> Status:
    """What `to_json` wrote; ValueError or TypeError for anything else."""
    read = orjson.loads(text)
    read.pop("healthy")
    return Status(**{**read, "processes": tuple(ProcessStatus(**each) for each in read["processes"])})


def save(home: Home, status: Status) -> None:
    """Keep the status for other processes."""
    replace_file(home.state, to_json(status))


def left_running(home: Home) -> tuple[ProcessStatus, ...]:
    """The processes of the last supervisor, if it ended without an orderly stop."""
    try:
        return from_json(home.state.read_bytes()).processes
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def read_status(home: Home) -> Status:
    """The status now. Without a supervisor the system is down, whatever a killed one left written."""
    nothing = Status("down", str(home.folder), None, "", "", "", str(home.settings), ())
    pid = holder(home)
    try:
        kept = from_json(home.state.read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        return replace(nothing, pid=pid, phase="starting" if pid else "down")
    if pid is None:
        gone = tuple(replace(each, pid=None, health="gone") for each in kept.processes)
        return replace(kept, phase="down", pid=None, processes=gone)
    return kept if kept.pid == pid else replace(nothing, pid=pid, phase="starting")
