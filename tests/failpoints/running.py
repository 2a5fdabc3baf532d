"""Owns starting, in a test, processes of the program with a failpoint in each, and what became of them.

They are forked off a server that has imported everything, since importing takes longer than what is tested.
"""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from local.system import settings_toml
from schemas.settings import Settings
from tests.facts import eventually
from tests.failpoints.process import run
from tests.failpoints.steps import Fault, Step

_PATIENCE_S = 40.0
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.failpoints.process"])


@dataclass(frozen=True)
class Stage:
    """Where a test's processes run: one role, its settings and a folder."""

    role: str
    settings: Settings
    folder: Path

    @contextmanager
    def faulty(self, step: Step, fault: Fault, marker: bytes) -> Iterator[None]:
        """A process that came to the step and had the fault; after a delay it runs on in the block."""
        file = self.folder / "settings.toml"
        told = self.folder / f"{self.role}, {step.name}, {fault}"
        file.write_text(settings_toml(self.settings), "utf-8")
        process = _server.Process(
            target=run, args=(self.role, file, (step, fault, marker, told)), daemon=True
        )
        process.start()
        try:
            eventually(lambda: told.exists() or process.exitcode, _PATIENCE_S, f"{step.name}: {fault}")
            assert told.exists(), f"it ended with {process.exitcode} before the step"
            _check_end(process, fault)
            yield
        finally:
            process.kill()
            process.join()


def _check_end(process: BaseProcess, fault: Fault) -> None:
    if fault == "delay":
        return
    process.join(_PATIENCE_S)
    assert {"crash": -signal.SIGKILL, "error": 1}[fault] == process.exitcode
