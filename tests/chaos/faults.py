"""Owns what is done to the running system: one function a fault, which returns when the fault is over.

May not: send load or judge. Goes to: `tests.chaos.scenarios`, which says how often each is done.
"""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Final

from local.home import Home
from local.scaling import ask_for_workers
from tests.chaos.small_disk import NAME
from tests.endtoend.whole import Whole
from tests.facts import eventually
from tests.processes import is_gone
from tests.slow import mostly_held

Fault = Callable[[Whole, random.Random], None]
_BACK_S: Final = 300.0
_FROZEN_S: Final = 9.0
"""Longer than the session of a worker in its group, 6 s: its partitions go to others, and it comes back as a zombie."""
_LOCKED_S: Final = 40.0
"""Longer than the sink waits for a lock: it leaves, and is started again."""
_SLOW_S: Final = 20.0
_PIECE: Final = bytes(65_536)


def kill_worker(whole: Whole, chance: random.Random) -> None:
    """Kill -9 of a random worker that runs."""
    _kill(whole, _a_worker(whole, chance))


def stop_worker(whole: Whole, chance: random.Random) -> None:
    """SIGTERM to a random worker, which finishes what it has in hand; returns when another is in its place."""
    name = _a_worker(whole, chance)
    before = _signal(whole, name, signal.SIGTERM)
    eventually(lambda: _another(whole, name, before), _BACK_S, f"{name} is back")


def kill_other(whole: Whole, chance: random.Random) -> None:
    """Kill -9 of gateway, auditor or sink."""
    _kill(whole, chance.choice(_running(whole, ("gateway", "auditor", "sink"))))


def freeze_worker(whole: Whole, chance: random.Random) -> None:
    """SIGSTOP past the session's end, then SIGCONT: the group has given its partitions to others meanwhile."""
    name = _a_worker(whole, chance)
    pid = _signal(whole, name, signal.SIGSTOP)
    try:
        time.sleep(_FROZEN_S)
    finally:
        os.kill(pid, signal.SIGCONT)


def kill_broker(whole: Whole, _: random.Random) -> None:
    """Kill -9 of Kafka; returns when it has been started again, on the same folder and ports."""
    before = _kill(whole, "kafka")
    eventually(lambda: _another(whole, "kafka", before), _BACK_S, "Kafka is back")


def lock_database(whole: Whole, _: random.Random) -> None:
    """Somebody else holds the lock that the sink needs, for longer than it waits."""
    _hold(whole, _LOCKED_S)


def slow_database(whole: Whole, chance: random.Random) -> None:
    """The lock is somebody else's four fifths of the time: every write waits."""
    with mostly_held(whole.home / "incidents.db", chance):
        time.sleep(_SLOW_S)


def lose_database(whole: Whole, _: random.Random) -> None:
    """The file is gone: the sink leaves, and makes the tables anew from the topics."""
    for file in whole.home.glob("incidents.db*"):
        file.unlink()


def fill_database(whole: Whole, _: random.Random) -> None:
    """The disk of the tables is full until the sink has said so, then has room again."""
    disk = whole.home / NAME
    ballast = disk / "ballast"
    before = _ends(whole, "sink")
    with ballast.open("wb", buffering=0) as file, suppress(OSError):  # until there is no room left
        while file.write(_PIECE):
            pass
    eventually(lambda: _ends(whole, "sink") > before, _BACK_S, "the sink has said that there is no room")
    ballast.unlink()


def scale(whole: Whole, _: random.Random) -> None:
    """From one worker to three, or back; returns when those that should be there are ready, and no others."""
    workers = [process.name for process in whole.status.processes if process.name.startswith("worker")]
    ask_for_workers(Home(whole.home), 3 if len(workers) == 1 else 1)


def _ends(whole: Whole, name: str) -> int:
    return next(process.restarts for process in whole.status.processes if process.name == name)


def _hold(whole: Whole, seconds: float) -> None:
    with closing(sqlite3.connect(whole.home / "incidents.db", timeout=30, isolation_level=None)) as holder:
        holder.execute("begin immediate")
        time.sleep(seconds)
        holder.execute("rollback")


def _kill(whole: Whole, name: str) -> int:
    """The process that was killed, and is gone."""
    pid = _signal(whole, name, signal.SIGKILL)
    eventually(lambda: is_gone(pid), _BACK_S, f"{name} is gone")
    return pid


def _signal(whole: Whole, name: str, number: signal.Signals) -> int:
    """The process that was given the signal; where it has just ended by itself, the next one."""

    def give() -> int | None:
        pid = whole.pid(name)
        if is_gone(pid):
            return None
        os.kill(pid, number)
        return pid

    return eventually(give, _BACK_S, f"{name} is given {number.name}")


def _a_worker(whole: Whole, chance: random.Random) -> str:
    return chance.choice(_running(whole, ("worker",)))


def _running(whole: Whole, roles: tuple[str, ...]) -> list[str]:
    """The names of processes of these roles that run, once there is one."""

    def names() -> list[str]:
        processes = whole.status.processes
        return [
            p.name for p in processes if p.pid and not is_gone(p.pid) and p.name.partition("-")[0] in roles
        ]

    return eventually(names, _BACK_S, f"one of {roles} runs")


def _another(whole: Whole, name: str, before: int) -> bool:
    """Whether another process is in the place of an earlier one, and ready."""
    return any(p.name == name and p.pid != before and p.health == "healthy" for p in whole.status.processes)
