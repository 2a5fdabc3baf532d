"""How long it takes from a delivery's posting to its packet, with everything on one machine under steady load.

The system runs as `incidents up` starts it: broker, gateway, two workers, auditor, sink. The load comes from a
process of its own on the same machine (`bench.load`), through the gateway, as the live tenant `default`, with real
times. A time runs from when a delivery was due, to when the packet reached a consumer of `context-packets`, and to
when a reader of the SQL table saw it. All clocks are this machine's. Goes to: `python -m bench`.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.figures import Figures, histogram, spread
from bench.hops import hop_figures, trips
from bench.load import Order, Row, planned_of
from bench.processes import cpu_figures, resident_mb, used
from bench.sending import LoadFailed, sending
from bench.traffic import Planned, environments
from bench.watching import Watched, ends, records, watching
from cli.replay import come_through
from cli.system import system
from local.home import home_of
from local.supervisor import Running
from schemas.settings import Settings, TenantSettings

_SEED: Final = 7
_LEAD_S: Final = 10.0
"""Time for the standing alerts, and for the load process to make its plan, before the first delivery is due."""
_WARM_S: Final = 5.0
"""Load before the measurement, which no figure counts."""
_AROUND_S: Final = 10.0
"""Load before and after a burst, the warming included."""
_QUIET_S: Final = 1.0
_DRAIN_S: Final = 15.0
"""How long after the last delivery a packet may come before it counts as missing."""
_AT_ONCE: Final = 8
_REST_S: Final = 10.0
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.1
_ACCEPTED: Final = 202

Progress = Callable[[str], None]
Starts = dict[tuple[str, int], int]


def measure(rate: float, seconds: float, progress: Progress) -> Figures:
    """Run everything at `rate` deliveries a second for `seconds`; times in ms, use of the processor in percent."""
    settings = Settings(tenants=(TenantSettings(name="default", environments=environments()),))
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as folder:
        home = home_of(Path(folder) / "home")
        with system(home, settings, workers=2) as here:
            progress(f"at rest for {_REST_S:.0f} s")
            rest = cpu_figures("rest.cpu", _use_from(_pids(here), time.time(), _REST_S))
            return rest | UnderLoad(here, home.database, Path(folder), progress).run(rate, seconds)


def measure_burst(rate: float, seconds: float, progress: Progress) -> Figures:
    """The same with ten times the rate for `seconds` in the middle, of which alone the figures are."""
    settings = Settings(tenants=(TenantSettings(name="default", environments=environments()),))
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as folder:
        home = home_of(Path(folder) / "home")
        with system(home, settings, workers=2) as here:
            under_load = UnderLoad(here, home.database, Path(folder), progress, "burst")
            return under_load.run(rate, seconds + 2 * _AROUND_S - _WARM_S, seconds)


class UnderLoad:
    """A running system, and everything that is noted while it works."""

    def __init__(
        self, here: Running, database: Path, folder: Path, progress: Progress, name: str = "latency"
    ) -> None:
        self._database, self._folder, self._say, self._name = database, folder, progress, name
        self._here, self._pids, self._status = here, _pids(here), here.status()

    def run(self, rate: float, seconds: float, burst_s: float = 0.0) -> Figures:
        """Stand, load, wait for what is due, and read what was written; of a burst what was due in it."""
        start = time.time() + _LEAD_S
        order = Order(self._status.gateway, _SEED, start, rate, _WARM_S + seconds, burst_s=burst_s)
        self._stand(order)
        starts = {topic: ends(self._status.bootstrap, topic) for topic in ("alerts", "signals")}
        with watching(self._status.bootstrap, self._database) as watched:
            rows, use = self._load(order, seconds)
            self._say("waiting for the last packets")
            come_through(self._status.bootstrap)
            _wait_until_quiet(watched)
        memory = {f"{self._name}.memory.{name}_mb": resident_mb(pid) for name, pid in self._pids.items()}
        if _pids(self._here) != self._pids:
            raise LoadFailed("a process of the system ended under load and was started again")
        self._say("reading what was written")
        first, last = order.burst if burst_s else (start + _WARM_S, start + order.seconds)
        counted = [planned for planned in planned_of(order) if first <= planned.at < last]
        load = _load_figures(self._name, [rows[planned.at] for planned in counted], last - first)
        way = self._way(counted, rows, watched, starts)
        return load | way | cpu_figures(f"{self._name}.cpu", use) | memory

    def _stand(self, order: Order) -> None:
        self._say("posting the catalog and the standing alerts")
        with sending(self._folder, "standing", replace(order, at_once=_AT_ONCE, standing=True)) as load:
            load.rows(_PATIENCE_S)

    def _load(self, order: Order, seconds: float) -> tuple[dict[float, Row], dict[str, float]]:
        """Send; the rows by when they were due, and the use of the processor in the time that counts."""
        self._say(
            f"{order.rate:.0f} deliveries/s for {seconds:.0f} s, after {_WARM_S:.0f} s that do not count"
        )
        with sending(self._folder, "load", order) as load:
            pids = self._pids | {"load": load.child.pid}
            use = _use_from(pids, order.start + _WARM_S, seconds)
            return {row.due: row for row in load.rows(_PATIENCE_S)}, use

    def _way(
        self,
        counted: Sequence[Planned],
        rows: Mapping[float, Row],
        watched: Watched,
        starts: Mapping[str, Starts],
    ) -> Figures:
        """What is known of every delivery that was due a packet."""
        answered = {p.ref: (p.at, rows[p.at].answered) for p in counted if p.ref}
        signals = list(records(self._status.bootstrap, starts["signals"]))
        appended = {
            (record.partition, record.offset): record.timestamp_ms / 1000
            for record in records(self._status.bootstrap, starts["alerts"])
        }
        came = trips(answered, watched.packets, watched.rows, signals, appended)
        counts = {
            f"{self._name}.packets_due": len(answered),
            f"{self._name}.packets_missing": len(answered) - len(came),
            f"{self._name}.packets_all": len(watched.packets),
            f"{self._name}.signals_per_delivery": len(signals) / len(rows),
        }
        return {**hop_figures(self._name, came.values()), **counts}


def _load_figures(name: str, rows: Sequence[Row], seconds: float) -> Figures:
    """What the load process achieved, and how the gateway answered."""
    refused = sum(row.status != _ACCEPTED for row in rows)
    late = spread(f"{name}.load.late", [(row.sent - row.due) * 1000 for row in rows])
    answered = [(row.answered - row.due) * 1000 for row in rows]
    answers = spread(f"{name}.post_to_202", answered) | histogram(f"{name}.post_to_202", answered)
    span = max(row.sent for row in rows) - min(row.sent for row in rows)
    rates = {
        f"{name}.load.wanted_per_s": len(rows) / seconds,
        f"{name}.load.sent_per_s": (len(rows) - 1) / span,
    }
    return {**rates, **late, **answers, f"{name}.load.refused": refused}


def _pids(here: Running) -> dict[str, int]:
    """Every process of the system, and this one."""
    running = {each.name: each.pid for each in here.status().processes if each.pid is not None}
    return {**running, "bench": os.getpid()}


def _use_from(pids: Mapping[str, int], start: float, seconds: float) -> dict[str, float]:
    """What each process uses of one core, in percent, for `seconds` from `start`."""
    time.sleep(max(0.0, start - time.time()))
    before = used(pids)
    time.sleep(max(0.0, start + seconds - time.time()))
    return used(pids).since(before)


def _wait_until_quiet(watched: Watched) -> None:
    """Return once no packet has come for a while, or it has taken too long."""
    end = time.time() + _DRAIN_S
    while time.time() < end and watched.packets and time.time() - watched.packets[-1].seen < _QUIET_S:
        time.sleep(_LOOK_S)
