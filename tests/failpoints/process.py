"""Runs one of the program's processes with one failpoint in it, planted from outside before it starts.

Goes to: `tests.failpoints.running`, which starts it in a process of its own.
"""

# ruff: noqa: ANN401 - calls are handed on, whatever they take and give

import asyncio
import functools
import importlib
import inspect
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import confluent_kafka
import typer

from agents import audit_writer
from agents.progress import Batch
from cli import processes
from schemas.packets import Packet
from sinks.batch import Batch as Gathered
from tests.failpoints.steps import Fault, Step

_DELAY_S: Final = 1.0


class Transactions(confluent_kafka.Producer):
    """The auditor's producer, in Python, so that a step can be planted in it."""

    def init_transactions(self, *arguments: Any) -> None:
        """Take over."""
        super().init_transactions(*arguments)

    def begin_transaction(self, *arguments: Any) -> None:
        """Begin."""
        super().begin_transaction(*arguments)

    def produce(self, *arguments: Any, **named: Any) -> None:
        """Send; what comes after finds the record at the broker."""
        super().produce(*arguments, **named)
        self.flush(10)

    def commit_transaction(self, *arguments: Any) -> None:
        """Commit."""
        super().commit_transaction(*arguments)


class Failpoint:
    """One step and its fault. It fires once; `told` exists from then on."""

    def __init__(self, step: Step, fault: Fault, marker: bytes, told: Path) -> None:
        self._step, self._fault, self._marker, self._told = step, fault, marker, told
        self._armed = not step.armed_by
        self._left = step.nth

    def plant(self) -> None:
        """Put it into its place, and its arming where the test's records come by."""
        if self._step.armed_by and self._step.armed_by != self._step.place:
            _wrap(self._step.armed_by, self._looking)
        _wrap(self._step.place, self._faulty)

    def _faulty(self, call: Callable[..., Any]) -> Callable[..., Any]:
        step = self._step

        def before(arguments: tuple[Any, ...]) -> bool:
            self._look(step.place, arguments)
            return step.when == "before" and self._due()

        def after(given: Any) -> bool:
            self._look(step.place, (given,))
            return step.when == "after" and self._due()

        return _around(call, before, after, self._fire)

    def _looking(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def before(arguments: tuple[Any, ...]) -> bool:
            self._look(self._step.armed_by, arguments)
            return False

        def after(given: Any) -> bool:
            self._look(self._step.armed_by, (given,))
            return False

        return _around(call, before, after, self._fire)

    def _look(self, place: str, values: tuple[Any, ...]) -> None:
        if place == self._step.armed_by and not self._armed:
            self._armed = any(_holds(value, self._marker) for value in values)

    def _due(self) -> bool:
        self._left -= self._armed
        return self._armed and self._left == 0

    def _fire(self) -> float:
        """Crash, or raise, or give the seconds to wait."""
        self._told.touch()
        if self._fault == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fault == "error":
            raise self._step.error()
        return _DELAY_S


def _around(
    call: Callable[..., Any],
    before: Callable[[tuple[Any, ...]], bool],
    after: Callable[[Any], bool],
    fire: Callable[[], float],
) -> Callable[..., Any]:
    """The same call, which fires where one of the two says so."""
    if inspect.iscoroutinefunction(call):

        @functools.wraps(call)
        async def later(*arguments: Any, **named: Any) -> Any:
            if before(arguments):
                await asyncio.sleep(fire())
            given = await call(*arguments, **named)
            if after(given):
                await asyncio.sleep(fire())
            return given

        return later

    @functools.wraps(call)
    def now(*arguments: Any, **named: Any) -> Any:
        if before(arguments):
            time.sleep(fire())
        given = call(*arguments, **named)
        if after(given):
            time.sleep(fire())
        return given

    return now


def _wrap(place: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    setattr(owner, name, make(getattr(owner, name)))


def _holds(value: Any, marker: bytes) -> bool:
    """Whether what a process has in hand is of the test."""
    if isinstance(value, list):
        return any(_holds(one, marker) for one in value)
    if isinstance(value, Batch):
        return any(marker in (record.value or b"") for record in value.records)
    if isinstance(value, Packet):
        return marker == value.candidate.candidate_id.encode()
    if isinstance(value, Gathered):
        held = (*value.candidates, *(packet.candidate for packet in value.packets))
        return any(marker == one.candidate_id.encode() for one in held)
    if isinstance(value, dict):
        return any(marker in (message.value() or b"") for of_one in value.values() for message in of_one)
    return False


def run(role: str, settings: Path, planted: tuple[Step, Fault, bytes, Path]) -> None:
    """Run the process to its end, with the exit code that the command would give."""
    vars(audit_writer)["Producer"] = Transactions
    Failpoint(*planted).plant()
    try:
        getattr(processes, role)(settings=settings)
    except typer.Exit as end:
        os._exit(end.exit_code)
