"""Owns a running local system: the broker, the processes around it, their restarts and their end.

May not: know what an incident is; what the processes do is in their commands. Goes to: `incidents up` and
`demo`, which run inside `running(...)`, and `state.json`, which others read.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from local import process
from local.errors import LocalError
from local.health import answers
from local.home import Home, held, replace_file
from local.interrupts import as_interrupts, ignored, interrupt_main
from local.kafka import Broker, accepts, launch_broker, start_broker
from local.ports import free_ports, is_free
from local.scaling import wanted_workers, worker_name
from local.status import Phase, Status, left_running, save
from local.system import Part, System, describe, local_settings, part_names, settings_toml, worker_part
from local.watch import Watched, end_together
from schemas.settings import Settings
from wire.errors import KafkaProblem

_TICK_S = 0.1
_UP_S = 180.0
_TRIES = 3
"""A process that ends so often before everything is up will not come up: the start fails."""

_LEFTOVER_S = 15.0
"""Longer than the processes of a killed supervisor can live."""
_LONG_LOG_BYTES = 16 * 1024 * 1024
"""A longer log is set aside, in the place of the last one, when its process starts."""

Progress = Callable[[str], None]
TakenAway = Callable[[Settings, str], object]
"""Told the settings and the name of a worker that has been taken away for good."""


@dataclass(frozen=True)
class Plan:
    """What to run: `program` is the `incidents` command; a port of 0 means any free one."""

    home: Home
    program: tuple[str, ...]
    settings: Settings
    workers: int
    gateway_port: int = 0
    page_port: int = 0
    taken_away: TakenAway = lambda _settings, _name: None

    @property
    def asks(self) -> bool:
        """True where the settings name a Prometheus, which the query agent asks."""
        return bool(self.settings.querier.prometheus)


class Running:
    """A system that is up; `status()` may be asked from any thread, `settings` are those it was given."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self.settings = plan.settings
        self._plan, self._progress = plan, progress
        self._phase: Phase = "starting"
        self._bootstrap, self._gateway, self._page = "", "", ""
        self._broker: Watched | None = None
        self._parts: list[Watched] = []
        self._saved: Status | None = None
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watcher")
        self._failure: BaseException | None = None

    def status(self) -> Status:
        """What runs now."""
        home = self._plan.home
        watched = [self._broker, *self._parts] if self._broker else self._parts
        processes = tuple(each.status() for each in watched)
        told = (str(home.folder), os.getpid(), self._bootstrap, self._gateway, self._page)
        return Status(self._phase, *told, str(home.settings), processes)

    def check(self) -> None:
        """Raise what made the watching fail, if anything did."""
        if self._failure is not None:
            raise self._failure

    def start(self, lay_out: Callable[[Settings], None]) -> None:
        """Bring everything up and begin to watch; LocalError when a process will not come up."""
        _wait_for_leftovers(self._plan.home, self._progress)
        self._plan.home.wanted_workers.unlink(missing_ok=True)
        self._save()
        broker = start_broker(self._plan.home.kafka, progress=self._progress)
        self._bootstrap, self._broker = broker.bootstrap, _watched_broker(broker)
        system = self._describe(broker)
        self._progress("creating the topics")
        lay_out(self.settings)
        self._progress(f"starting {', '.join(part.name for part in system.parts)}")
        self._parts = [_watched_part(part, self._plan.home) for part in system.parts]
        self._wait_until_healthy()
        self._phase = "up"
        self._save()
        self._watcher.start()

    def _describe(self, broker: Broker) -> System:
        plan = self._plan
        ports = _choose_ports(plan)
        system = describe(plan.program, plan.home.settings, ports, plan.workers, asks=plan.asks)
        self.settings = local_settings(plan.settings, plan.home, broker.bootstrap, system)
        replace_file(plan.home.settings, settings_toml(self.settings).encode())
        self._gateway, self._page = system.gateway, system.page
        return system

    def _wait_until_healthy(self) -> None:
        end = time.monotonic() + _UP_S
        while not all(each.health == "healthy" for each in self._parts):
            self._tick()
            for each in self._parts:
                if each.restarts.total >= _TRIES:
                    raise LocalError(_will_not_start(each, f"ended with code {each.exit_code}"))
                if time.monotonic() > end and each.health != "healthy":
                    raise LocalError(_will_not_start(each, f"was not ready within {_UP_S:.0f} s"))
            time.sleep(_TICK_S / 2)

    def _tick(self) -> None:
        now = time.monotonic()
        for each in ([self._broker] if self._broker else []) + self._parts:
            each.tick(now)
        self._save()

    def _watch(self) -> None:
        try:
            while not self._stop.wait(_TICK_S):
                self._scale()
                self._tick()
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is raised where it is seen
            self._failure = failure
            interrupt_main()

    def _scale(self) -> None:
        """Make the workers as many as somebody has asked for: new ones last, the last ones gone first."""
        there = [each for each in self._parts if each.name.startswith("worker-")]
        wanted = wanted_workers(self._plan.home) or len(there)
        if wanted == len(there):
            return
        others, home = self._parts[1 + len(there) :], self._plan.home
        names = map(worker_name, range(len(there) + 1, wanted + 1))
        new = [
            worker_part(self._plan.program, home.settings, name, port)
            for name, port in zip(names, free_ports(max(0, wanted - len(there))), strict=True)
        ]
        kept = [*there[:wanted], *(_watched_part(part, home) for part in new)]
        self._parts = [self._parts[0], *kept, *others]
        end_together(there[wanted:])
        for each in there[wanted:]:
            self._tell_taken_away(each.name)

    def _tell_taken_away(self, name: str) -> None:
        try:
            self._plan.taken_away(self.settings, name)
        except KafkaProblem as problem:
            self._progress(f"{name} stays a member of its group until its session ends: {problem}")

    def _save(self) -> None:
        status = self.status()
        if status == self._saved:
            return
        try:
            save(self._plan.home, status)
        except OSError as error:
            raise LocalError(f"{self._plan.home.state} cannot be written: {error.strerror}") from error
        self._saved = status

    def stop(self) -> None:
        """Stop everything in order: first what takes work in, the broker last."""
        self._stop.set()
        if self._watcher.ident is not None:
            self._watcher.join()
        self._phase = "stopping"
        with contextlib.suppress(LocalError):  # a full disk is no reason to leave processes behind
            self._save()
        end_together(self._parts[:1])
        end_together(self._parts[1:])
        if self._broker is not None:
            self._broker.end()
        self._plan.home.state.unlink(missing_ok=True)


@contextlib.contextmanager
def running(plan: Plan, *, lay_out: Callable[[Settings], None], progress: Progress) -> Iterator[Running]:
    """A system that runs as long as the block; call it in the main thread.

    `lay_out` creates the topics once the broker answers. Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt
    in the block. However the block is left, every process has ended when this returns, and the home is free;
    if this process is killed, they end with it. LocalError when the home is in use or something will not
    start.
    """
    with held(plan.home), as_interrupts():
        system = Running(plan, progress)
        try:
            system.start(lay_out)
            yield system
        except KeyboardInterrupt:
            system.check()
            raise
        finally:
            with ignored():
                system.stop()


def _wait_for_leftovers(home: Home, progress: Progress) -> None:
    """The processes of a supervisor that was killed end by themselves, but not in no time."""
    pids = [each.pid for each in left_running(home) if each.pid is not None]
    end = time.monotonic() + _LEFTOVER_S
    if any(map(process.runs, pids)):
        progress("waiting for the processes of a killed system to end")
    while any(map(process.runs, pids)) and time.monotonic() < end:
        time.sleep(_TICK_S)


def _choose_ports(plan: Plan) -> tuple[int, ...]:
    for what, wanted in (("gateway", plan.gateway_port), ("page", plan.page_port)):
        if wanted and not is_free(wanted):
            raise LocalError(
                f"port {wanted} is in use; stop what listens there or choose another {what} port"
            )
    *found, gateway, page = free_ports(len(part_names(plan.workers, asks=plan.asks)) + 2)
    found[0], found[-1] = plan.gateway_port or found[0], plan.page_port or found[-1]
    return (*found, gateway, page)


def _watched_part(part: Part, home: Home) -> Watched:
    log = home.log(part.name)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}

    def start() -> process.Child:
        if log.exists() and log.stat().st_size > _LONG_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        return process.spawn(part.name, part.command, log=log, environment=environment)

    return Watched(part.name, part.port, log, start, lambda: answers(part.health_address), part.metrics)


def _watched_broker(broker: Broker) -> Watched:
    """The broker that already answers; a new one takes over its folder and ports when it ends."""

    def start() -> process.Child:
        return launch_broker(broker.folder, broker.ports).child

    watched = Watched("kafka", broker.ports.client, broker.log, start, lambda: accepts(broker.ports))
    return replace(watched, child=broker.child, health="healthy")


def _will_not_start(watched: Watched, what: str) -> str:
    return f"{watched.name} {what}: {watched.trouble or _last_line(watched.log)} (log: {watched.log})"


def _last_line(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
    return last.strip()[:300]
