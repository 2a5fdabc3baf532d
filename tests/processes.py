"""Owns asking, in a test, whether a process still runs."""

import os
from pathlib import Path


def is_gone(pid: int) -> bool:
    """Whether no process of this id runs any more; one that only waits to be reaped has gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.parent.parent.is_dir() and stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return Path("/proc/self").exists()
