"""Owns what a run is told: where Kafka is, what its topics are called, how many partitions, when it ends.

python -m bench.peers.<peer> RUN.json
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from bench.core import Core, Out, Record, Told
from bench.peers.sending import Sender

OUTPUTS = ("incident-candidates", "context-packets", "action-proposals", "audit-entries", "dead-letters")


class Run(NamedTuple):
    """One run of one system. `inputs`: the topics it reads; each has `partitions`."""

    bootstrap: str
    run: str
    partitions: int
    ends_at: int
    inputs: tuple[str, ...] = ("alerts",)

    @property
    def names(self) -> dict[str, str]:
        """The run's own name of each topic that it writes."""
        return {topic: f"{self.run}.{topic}" for topic in ("signals", *OUTPUTS)}


class Work:
    """The core between what a peer reads and what it writes; ends the process after the last record."""

    def __init__(self, run: Run) -> None:
        self._core = Core(run.partitions, run.ends_at)
        self._sender = Sender(run.bootstrap, run.names)
        self._told = Told()

    def routed(self, partition: int, record: Record) -> None:
        """One record of the input topic."""
        self._told.begin()
        outs = self._core.take(partition, record)
        if outs:
            self._sender.send(outs)

    def folded(self, partition: int, offset: int, value: bytes | None) -> None:
        """One record of `signals`."""
        outs: list[Out] = self._core.fold(partition, offset, value)
        if outs:
            self._sender.send(outs)
        if self._core.has_ended:
            self._sender.flush()
            self._told.end()
            os._exit(0)


def headers_of(headers: Any) -> list[tuple[str, bytes]]:  # noqa: ANN401 - each peer has its own type
    """Headers in order, as the core wants them."""
    return list(headers.items() if isinstance(headers, dict) else headers or ())


def run_of(arguments: list[str] = sys.argv) -> Run:
    """The run that the command line names."""
    return Run(**json.loads(Path(arguments[1]).read_text("utf-8")))
