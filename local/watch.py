"""Owns watching one process: start it, ask how it is, start it again when it ended or hangs.

May not: know what the process does, or how many there are. Goes to: `local.supervisor`, which calls `tick`
on each in turn.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local import process
from local.backoff import Restarts
from local.errors import LocalError
from local.status import Health, ProcessStatus

_CHECK_S = 1.0
_CHECK_STARTING_S = 0.1
_HUNG_S = 60.0
"""A process that was ready once and has not answered for so long is killed, and so started again."""


@dataclass
class Watched:
    """One process and what is known of it; times are seconds on a clock that only goes forward."""

    name: str
    port: int
    log: Path
    start: Callable[[], process.Child]
    """Starts the process; LocalError when that is not possible now."""
    ready: Callable[[], bool]
    """Asks the process whether it is ready for work."""
    metrics: str = ""
    """Where Prometheus reads what it counts; empty where it counts nothing."""

    health: Health = "starting"
    restarts: Restarts = field(default_factory=Restarts)
    exit_code: int | None = None
    trouble: str = ""
    child: process.Child | None = None
    _started: float = 0.0
    _ready_at: float | None = None
    _due: float = 0.0

    def tick(self, now: float) -> None:
        """Do what is due at `now`, and nothing when nothing is."""
        if now < self._due:
            return
        if self.child is None:
            self._begin(now)
        elif (code := self.child.exit_code()) is not None:
            self._ended(code, now)
        else:
            self._check(now)

    def _begin(self, now: float) -> None:
        try:
            self.child, self.trouble = self.start(), ""
        except LocalError as error:
            self.trouble = str(error)
            self._ended(None, now)
            return
        self._started, self._ready_at, self._due = now, None, now
        self.health = "starting"

    def _ended(self, code: int | None, now: float) -> None:
        if self.child is not None:
            process.kill(self.child)
        self.child, self.exit_code, self.health = None, code, "restarting"
        self.restarts = self.restarts.after_end(now - self._started)
        self._due = now + self.restarts.pause_s

    def _check(self, now: float) -> None:
        if self.ready():
            self.health, self._ready_at = "healthy", now
        elif self._ready_at is not None:
            self.health = "failing"
            if now - self._ready_at > _HUNG_S and self.child is not None:
                self._ended(process.kill(self.child), now)
                return
        self._due = now + (_CHECK_STARTING_S if self._ready_at is None else _CHECK_S)

    def status(self) -> ProcessStatus:
        """What is known now."""
        return ProcessStatus(
            name=self.name,
            pid=self.child.pid if self.child else None,
            port=self.port,
            health=self.health,
            restarts=self.restarts.total,
            exit_code=self.exit_code,
            trouble=self.trouble,
            log=str(self.log),
            metrics=self.metrics,
        )

    def end(self) -> None:
        """Stop the process in order and do not start it again."""
        if self.child is not None:
            self.exit_code = process.stop(self.child)
            self.child, self.health = None, "gone"


def end_together(watched: list[Watched]) -> None:
    """Stop all of them in order, at the same time."""
    for each in watched:
        if each.child is not None:
            process.ask_to_stop(each.child)
    for each in watched:
        each.end()
