"""Runs the auditor as a process of its own, for tests that end it from outside: settings as JSON.

With a partition and a step besides, the process kills itself when its writer of that partition comes to the step:
before or after the broker has had a call. It stands for a kill -9 at exactly this moment.
"""

# ruff: noqa: ANN401 - its methods hand on whatever a producer takes

import os
import signal
import sys
from typing import Any

import confluent_kafka

from agents import audit_writer
from agents.auditor import run_auditor
from schemas.settings import Settings


class Killing(confluent_kafka.Producer):
    """A producer of transactions that kills its process at the step; each call is a step before and one after it."""

    def __init__(self, settings: dict[str, Any], **rest: Any) -> None:
        super().__init__(settings, **rest)
        self.counts = settings["transactional.id"] == f"auditor-{sys.argv[2]}"
        self.steps = 0

    def begin_transaction(self, *arguments: Any) -> None:
        """A step before it; there is nothing to be lost between it and the first record."""
        self._step()
        super().begin_transaction(*arguments)

    def produce(self, *arguments: Any, **named: Any) -> None:
        """A step before each record, which is flushed, so that the kill finds it at the broker."""
        self._step()
        super().produce(*arguments, **named)
        self.flush(10)

    def commit_transaction(self, *arguments: Any) -> None:
        """A step before it and one after it."""
        self._step()
        super().commit_transaction(*arguments)
        self._step()

    def _step(self) -> None:
        if self.counts and self.steps == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        self.steps += self.counts


if __name__ == "__main__":
    if sys.argv[2:]:
        vars(audit_writer)["Producer"] = Killing
    sys.exit(run_auditor(Settings.model_validate_json(sys.argv[1])))
