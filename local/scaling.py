"""Owns asking a running local system for another number of workers: a file in its home, which its supervisor follows.

May not: start or stop anything. Goes to: `incidents scale`, which asks, and `local.supervisor`, which looks.
"""

import time
from typing import Final

from local.errors import LocalError
from local.home import Home, replace_file
from local.status import Status, read_status

_SCALED_S: Final = 120.0
_POLL_S: Final = 0.1


def ask_for_workers(home: Home, workers: int) -> Status:
    """Ask for so many workers; the status once they are there, and no others. LocalError otherwise."""
    if read_status(home).phase != "up":
        raise LocalError(f"no system runs in {home.folder}; start one with `incidents up --detach`")
    replace_file(home.wanted_workers, str(workers).encode())
    end = time.monotonic() + _SCALED_S
    while True:
        status = read_status(home)
        names = sorted(each.name for each in status.processes if each.name.startswith("worker-"))
        if status.healthy and names == sorted(map(worker_name, range(1, workers + 1))):
            return status
        if time.monotonic() > end:
            raise LocalError(
                f"{workers} workers were not ready within {_SCALED_S:.0f} s; see `incidents status`"
            )
        time.sleep(_POLL_S)


def wanted_workers(home: Home) -> int | None:
    """How many workers somebody has asked for; None where nobody has."""
    try:
        told = home.wanted_workers.read_text("utf-8").strip()
    except OSError:
        return None
    return int(told) if told.isdecimal() and int(told) > 0 else None


def worker_name(number: int) -> str:
    """The stable name of a worker: its restart takes over its partitions."""
    return f"worker-{number}"
