"""How the cost of an event and the memory grow: a catalog of 100 services with 10 open candidates, and 100 times that.

    python -m bench.growth cost|memory|recovery SYSTEMS

The fold alone, in a process of its own each time, so that memory is its own. Systems of ten services each, without a
way between them; each has one open candidate. The load: 86 % repeats of open alerts, 6 % new ones, 3 % resolved,
5 % deploys, 200 events a recorded second. Goes to: `python -m bench`.
"""

import gc
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

from agents.garbage import spare
from agents.snapshots import restored
from bench.figures import Figures
from bench.processes import resident_mb
from bench.sending import ROOT
from schemas.codec import decode, encode
from schemas.events import AlertFacts, ChangeFacts, EntityFacts
from schemas.settings import Settings
from schemas.signals import LIVE_CLOCK, Mark, Signal, Span
from streams.fold import Fold
from streams.memory import Memory
from streams.snapshot import dump

SMALL, LARGE = 10, 1_000
"""Systems of ten services."""
_PER_SYSTEM: Final = 10
_START: Final = 1_790_000_000_000_000
_RATE: Final = 200
_WARM: Final = 1_000
_EVENTS: Final = 3_000
_ALERTS: Final = 6_000
_RECOVERED: Final = 100_000
_APART: Final = 36_000
"""Microseconds between two of their starts: an hour in all."""
_SHARES: Final = {"repeat": 86, "new": 6, "resolved": 3, "change": 5}
_PATIENCE_S: Final = 240


def measure(progress: Callable[[str], None]) -> Figures:
    """Cost of an event in µs in both sizes and their ratio, bytes of memory an open alert, seconds of recovery."""
    progress("cost of an event, small and large")
    small, large = (_asked("cost", systems) for systems in (SMALL, LARGE))
    progress(f"memory of {_ALERTS:,} open alerts")
    held = _asked("memory", LARGE)
    progress(f"recovery of {_RECOVERED:,} open alerts")
    recovery = _asked("recovery", LARGE)
    return {
        "growth.cost_small_us": small,
        "growth.cost_large_us": large,
        "growth.cost_ratio": large / small,
        "memory.bytes_per_open_alert": held,
        "memory.recovery_100000_s": recovery,
    }


def _asked(what: str, systems: int) -> float:
    command = (sys.executable, "-m", "bench.growth", what, str(systems))
    done = subprocess.run(  # noqa: S603 - this very program
        command, capture_output=True, text=True, check=True, timeout=_PATIENCE_S, cwd=ROOT
    )
    return float(done.stdout)


class _Folding:
    """One fold with its catalog, and the making of the next signal."""

    def __init__(self, systems: int) -> None:
        self.fold = Fold(Memory(0), Settings(), "bench")
        self._chance = random.Random(systems)  # noqa: S311 - the same load every time, not a secret
        self._systems, self._offset, self.at = systems, 0, _START
        self._open: list[AlertFacts] = []
        for number in range(systems * _PER_SYSTEM):
            self.take(Signal(kind="entity", entity=_entity(number)))
        self.tick()

    def take(self, signal: Signal) -> None:
        """Fold a record as the correlator does: decoded, its outputs encoded."""
        span = Span(topic="alerts", partition=0, first=self._offset, last=self._offset)
        times = dict.fromkeys(("ingested_at", "notified_at", "last_ingested_at"), self.at)
        placed = signal.model_copy(update={"tenant": "default", "spans": (span,), **times})
        for output in self.fold.apply(self._offset, decoded(placed)):
            encode(output.topic, output.message)
        self._offset += 1

    def tick(self) -> None:
        """A mark, by which the clock moves to now."""
        clocks, layout = {LIVE_CLOCK: self.at}, {"alerts": 1}
        mark = Mark(topic="alerts", partition=0, next_offset=self._offset, clocks=clocks, layout=layout)
        self.take(Signal(kind="mark", mark=mark))

    def new(self, system: int) -> None:
        """A new alert of a system."""
        number = system * _PER_SYSTEM + self._chance.randrange(_PER_SYSTEM)
        self._open.append(_alert(f"f{len(self._open)}", number, self.at))
        self._alert(self._open[-1])

    def events(self, count: int) -> None:
        """The mixed load, with a mark a second."""
        makers = {
            "repeat": self._repeat,
            "new": self._new,
            "resolved": self._resolved,
            "change": self._change,
        }
        for number in range(count):
            self.at += 1_000_000 // _RATE
            if number % _RATE == 0:
                self.tick()
            (what,) = self._chance.choices([*_SHARES], [*_SHARES.values()])
            makers[what]()

    def _alert(self, facts: AlertFacts) -> None:
        self.take(Signal(kind="alert", environment="production", content_hash="0" * 64, alert=facts))

    def _repeat(self) -> None:
        self._alert(self._chance.choice(self._open))

    def _new(self) -> None:
        self.new(self._chance.randrange(self._systems))

    def _resolved(self) -> None:
        facts = self._chance.choice(self._open)
        self._alert(facts.model_copy(update={"status": "resolved", "ends_at": self.at}))

    def _change(self) -> None:
        name = f"service-{self._chance.randrange(self._systems * _PER_SYSTEM)}"
        change = ChangeFacts(
            kind="deploy",
            source="bench",
            source_ref=f"bench:{self._offset}",
            target=f"service/{name}",
            service=name,
            environment="production",
            title=f"deploy of {name}",
            effective_at=self.at,
        )
        self.take(Signal(kind="change", environment="production", content_hash="0" * 64, change=change))


def decoded(signal: Signal) -> Signal:
    """The signal as it comes out of Kafka."""
    read = decode("signals", encode("signals", signal))
    return read if isinstance(read, Signal) else signal


def _entity(number: int) -> EntityFacts:
    system, place = divmod(number, _PER_SYSTEM)
    needs = (f"component:default/service-{system * _PER_SYSTEM + (place - 1) // 2}",) if place else ()
    name = f"service-{number}"
    return EntityFacts(
        entity=f"component:default/{name}",
        kind="component",
        name=name,
        owner=f"team-{system}",
        depends_on=needs,
    )


def _alert(fingerprint: str, number: int, at: int) -> AlertFacts:
    name = f"service-{number}"
    return AlertFacts(
        source="bench",
        source_ref=f"bench:{fingerprint}",
        fingerprint=fingerprint,
        name="ErrorRateHigh",
        status="firing",
        severity="critical",
        service=name,
        environment="production",
        references=(f"service:{name}",),
        summary=f"ErrorRateHigh on {name}",
        labels={"alertname": "ErrorRateHigh", "service": name, "severity": "critical", "cluster": "one"},
        annotations={"summary": f"ErrorRateHigh on {name}"},
        starts_at=at,
    )


def _cost(systems: int) -> float:
    """Microseconds of the processor's time for an event."""
    folding = _opened(systems, systems)
    folding.events(_WARM)
    began = time.process_time()
    folding.events(_EVENTS)
    return (time.process_time() - began) * 1e6 / _EVENTS


def _opened(systems: int, alerts: int) -> _Folding:
    folding = _Folding(systems)
    for number in range(alerts):
        folding.at += 10_000
        folding.new(number % systems)
    folding.tick()
    return folding


def _memory(systems: int) -> float:
    """Bytes of resident memory for an open alert, its candidate and packet included."""
    folding = _opened(systems, systems)
    gc.collect()
    before = resident_mb()
    for number in range(_ALERTS):
        folding.at += 10_000
        folding.new(number % systems)
    gc.collect()
    return (resident_mb() - before) * 1e6 / _ALERTS


def _recovery(systems: int) -> float:
    """Seconds from the bytes of a snapshot to the first record folded."""
    folding = _opened(systems, systems)
    scope = folding.fold.memory.scope("default", "production")
    for number in range(_RECOVERED - systems):
        start = folding.at - (_RECOVERED - number) * _APART
        facts = _alert(f"r{number}", number % (systems * _PER_SYSTEM), start)
        known = next(iter(scope.alerts.values()))
        state = type(known)(
            key=(facts.starts_at, facts.fingerprint),
            facts=facts,
            ref=known.ref,
            at=start,
            settle_at=start,
            last_at=folding.at,
        )
        scope.alerts[state.key] = state
    scope.views = None
    views = scope.viewed(folding.fold.memory.tenant("default"), Settings().correlation)
    for index in (views.live, views.settled):
        index.taken_moved()
    stored = dump(folding.fold.memory)
    began = time.process_time()
    memory = restored(stored)
    folding.fold = Fold(memory, Settings(), "bench")
    folding.new(0)
    return time.process_time() - began


if __name__ == "__main__":
    spare()  # as a worker does
    asked = {"cost": _cost, "memory": _memory, "recovery": _recovery}
    sys.stdout.write(f"{asked[sys.argv[1]](int(sys.argv[2]))}\n")
