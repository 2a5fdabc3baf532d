"""How fast recorded deliveries become packets in one process, and whether memory stays flat.

The recording of examples/checkout again and again, two hours apart, each time by other names: everything between
the gateway's intake and the packets, without Kafka, on one core. A day of recorded time is replayed first, so that
what the fold remembers has reached its length before anything is measured. Goes to: `python -m bench`.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench.figures import Figures
from bench.processes import resident_mb
from bench.shifting import repeated
from cli.inprocess import InProcess, Stored
from schemas.settings import Settings
from schemas.topics import INPUT_TOPICS
from sources.recording import Delivery, Tick, deliveries, script

RECORDING: Final = Path(__file__).resolve().parent.parent / "examples" / "checkout"
_TENANT: Final = "replay-bench"
_APART_S: Final = 2 * 3600
_WARM: Final = 14
"""Repetitions before the measurement: a little more than the day that the fold remembers."""
_ROUND: Final = 5
"""Repetitions between two looks at the clock."""


class _Lengths(list[Stored]):
    """A topic of which only the length is kept: its records are there to be cited, and would grow for ever."""

    _length = 0

    def append(self, _record: Stored) -> None:
        """One record longer."""
        self._length += 1

    def __len__(self) -> int:
        """How many records there have been."""
        return self._length


class Replay:
    """One pipeline, fed repetition after repetition. Only replaying counts, not the making of repetitions."""

    def __init__(self) -> None:
        self._recorded = list(deliveries(RECORDING / "events.jsonl"))
        topics: dict[str, list[Stored]] = {topic: _Lengths() for topic in INPUT_TOPICS}
        self._pipeline = InProcess(_TENANT, Settings(), "bench", topics)
        self._next = 0
        self.packets = self.deliveries = 0
        self.worked_s = 0.0
        """Seconds of the processor's time."""

    def run(self, repetitions: int) -> None:
        """Replay the next repetitions, counting deliveries, packets and the time."""
        steps = list(self._steps(repetitions))
        began = time.process_time()
        for output in self._pipeline.run(steps):
            self.packets += output.topic == "context-packets"
        self.worked_s += time.process_time() - began

    def _steps(self, repetitions: int) -> Iterator[Delivery | Tick]:
        first = self._next
        recorded = list(repeated(self._recorded, repetitions, _APART_S, first=first))
        self._next += repetitions
        self.deliveries += len(recorded)
        catalog = RECORDING / "catalog.yaml" if first == 0 else None
        steps = script(recorded, catalog)
        return (step for step in steps if not (isinstance(step, Tick) and step.is_end))


def measure(seconds: float, progress: Callable[[str], None]) -> Figures:
    """Replay for about `seconds`; deliveries and packets a second of one core's time, and memory before and after."""
    replay = Replay()
    progress("replaying a day of recorded time")
    replay.run(_WARM)
    memory, deliveries_before, packets_before = resident_mb(), replay.deliveries, replay.packets
    progress(f"replaying for {seconds:.0f} s")
    replay.worked_s, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        replay.run(_ROUND)
    count, packets = replay.deliveries - deliveries_before, replay.packets - packets_before
    return {
        "replay.deliveries": count,
        "replay.deliveries_per_s": count / replay.worked_s,
        "replay.packets_per_s": packets / replay.worked_s,
        "replay.packets_per_delivery": packets / count,
        "replay.memory_start_mb": memory,
        "replay.memory_end_mb": resident_mb(),
    }
