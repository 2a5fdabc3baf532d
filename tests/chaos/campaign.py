"""Owns one campaign: a system, a recording sent through it, faults beside that, and the verifier's word on it.

May not: decide what is right; `tests.chaos.verifier` does. Goes to: the command and the short form in the suite.
"""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from cli.inprocess import InProcess
from cli.replay import come_through
from schemas.packets import Candidate
from schemas.settings import Settings
from sources.recording import deliveries, script
from streams.export import export
from tests.chaos.barrage import Barrage, schedule
from tests.chaos.load import Load, NotTaken
from tests.chaos.recording import lines
from tests.chaos.scenarios import Scenario
from tests.chaos.seen import Seen, look
from tests.chaos.small_disk import NotMounted, small_disk
from tests.chaos.verifier import Expected, expected, verify
from tests.endtoend.whole import Whole, running_whole
from wire.errors import KafkaProblem

TENANT: Final = "replay-chaos"
_SETTLE_S: Final = 300.0
_LOOK_S: Final = 5.0
"""Pause between two looks at what is left behind, while something is still on its way."""
Tell = Callable[[str], None]
Row = dict[str, int | str]
"""A line of the table, by column."""


@dataclass(frozen=True)
class Recording:
    """What is sent, and the export of the same where nothing disturbs it, which is computed beside the campaign."""

    file: Path
    lines: list[str]
    undisturbed: Future[bytes]

    @classmethod
    def of(cls, scenario: Scenario, seed: int, file: Path) -> "Recording":
        """The recording of a scenario, written to a file."""
        recorded = list(lines(seed, scenario.deliveries, scenario.alerts))
        file.write_text("\n".join(recorded), "utf-8")
        beside = ProcessPoolExecutor(1, get_context("spawn"))
        undisturbed = beside.submit(_undisturbed, file)
        beside.shutdown(wait=False)
        return cls(file, recorded, undisturbed)


@dataclass
class Outcome:
    """What was done, what is left behind, and what is wrong with it."""

    scenario: Scenario
    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    again: Counter[int] = field(default_factory=Counter)
    """By line what was posted once more."""
    started_again: int = 0
    """Processes that the supervisor has started again."""
    sending_s: float = 0.0
    settling_s: float = 0.0
    wanted: Expected | None = None
    seen: Seen | None = None
    keys: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def row(self) -> Row:
        """The line of the table."""
        seen = self.seen
        return {
            "scenario": self.scenario.name,
            "sent": self.scenario.deliveries,
            "faults": ", ".join(f"{times} {name}" for name, times in sorted(self.faults.items())),
            "restarts": self.started_again,
            "alerts": seen.published.total() if seen else 0,
            "candidates": len(self.wanted.candidates) if self.wanted else 0,
            "revisions": len(seen.packets) if seen else 0,
            "dead letters": len(seen.letters) if seen else 0,
            "audit lines": sum(map(len, seen.lines.values())) if seen else 0,
            "seconds": f"{self.sending_s:.0f} + {self.settling_s:.0f}",
            "result": f"{len(self.problems)} problems" if self.problems else "nothing lost, nothing twice",
        }


def run(scenario: Scenario, seed: int, folder: Path, tell: Tell) -> Outcome:
    """The campaign on a system of its own; everything that was started has ended when it returns.

    That the system does not come up, or does not end in order, is a problem of the outcome.
    """
    outcome = Outcome(scenario, seed)
    recording = Recording.of(scenario, seed, folder / "events.jsonl")
    tell("starting Kafka and every process")
    disk = small_disk(folder / "home") if scenario.small_disk else nullcontext()
    try:
        with disk, running_whole(folder, "--workers", str(scenario.workers)) as whole:
            return undergo(whole, recording, outcome, tell)
    except (NotMounted, AssertionError) as problem:
        outcome.problems.append(str(problem))
        return outcome


def undergo(whole: Whole, recording: Recording, outcome: Outcome, tell: Tell) -> Outcome:
    """The outcome, filled in, of the campaign on a running system.

    A fault that cannot be done, or a delivery that is not taken in time, is a problem of the outcome.
    """
    try:
        _attack(whole, recording.file, outcome, tell)
        tell("computing what an undisturbed replay says")
        outcome.wanted = expected(recording.lines, recording.undisturbed.result(), outcome.again)
        tell("waiting until everything has come through")
        _judge(whole, outcome)
    except (AssertionError, KafkaProblem, NotTaken, OSError, sqlite3.Error) as problem:
        outcome.problems.append(f"{type(problem).__name__}: {problem}")
    return outcome


def _undisturbed(file: Path) -> bytes:
    """The export of the same recording in one process."""
    outputs = InProcess(TENANT, Settings(), "calm").run(script(deliveries(file)))
    return export(output.message for output in outputs if isinstance(output.message, Candidate))


def _attack(whole: Whole, file: Path, outcome: Outcome, tell: Tell) -> None:
    """The recording through the gateway, and the faults beside it."""
    scenario, chance = outcome.scenario, random.Random(outcome.seed)  # noqa: S311 - the same faults every time
    began = time.monotonic()
    load = Load(whole, TENANT)
    barrage = Barrage(whole, schedule(scenario.faults, scenario.deliveries, chance), chance)
    try:
        for sent in load.send(script(deliveries(file))):
            barrage.reached(sent)
            tell(f"{sent:,} of {scenario.deliveries:,} deliveries, {barrage.done.total()} faults")
        barrage.finish()
    finally:
        outcome.faults, outcome.again = barrage.done, load.again
        outcome.sending_s = time.monotonic() - began


def _judge(whole: Whole, outcome: Outcome) -> None:
    """The verifier's word, once nothing is on its way any more; its last word where that takes too long."""
    began = time.monotonic()
    come_through(whole.status.bootstrap)
    end = time.monotonic() + _SETTLE_S
    assert outcome.wanted is not None, "there is something to expect"
    while True:
        outcome.keys = (whole.home / "audit" / "signing.key.pub").read_text("utf-8")
        outcome.seen = look(whole.status.bootstrap, whole.home / "incidents.db", TENANT)
        outcome.problems = verify(outcome.wanted, outcome.seen, outcome.keys)
        if not outcome.problems or time.monotonic() > end:
            break
        time.sleep(_LOOK_S)
    outcome.settling_s = time.monotonic() - began
    outcome.started_again = sum(process.restarts for process in whole.status.processes)
