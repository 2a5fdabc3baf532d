"""Owns the load process as seen from the benchmark that starts it.

May not: send anything itself. Goes to: `bench.latency` and `bench.gateway`.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from bench.load import Order, Row, write_order
from local.process import Child, kill, spawn

_LOOK_S: Final = 0.1
ROOT: Final = Path(__file__).resolve().parent.parent
"""Where `python -m bench...` is started."""


class LoadFailed(RuntimeError):
    """The load could not be sent. The text is one line for a person."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The load process of one order, and where its rows will be."""

    child: Child
    out: Path

    def rows(self, deadline_s: float) -> list[Row]:
        """What became of every delivery, once all are answered; LoadFailed when that does not come in time."""
        end = time.monotonic() + deadline_s
        while self.child.exit_code() is None and time.monotonic() < end:
            time.sleep(_LOOK_S)
        code = self.child.exit_code()
        if code != 0:
            said = self.child.log.read_text("utf-8", "replace").strip().splitlines()[-1:] or [
                "it said nothing"
            ]
            raise LoadFailed(f"the load process did not end well ({code}): {said[0]}")
        return [Row(*row) for row in orjson.loads(self.out.read_bytes())]


@contextmanager
def sending(folder: Path, name: str, order: Order) -> Iterator[Sending]:
    """The process that carries the order out; it has ended when the block has."""
    plan, out = folder / f"{name}.order.json", folder / f"{name}.rows.json"
    write_order(plan, order)
    command = (sys.executable, "-m", "bench.load", str(plan), str(out))
    child = spawn("load", command, log=folder / f"{name}.log", folder=ROOT)
    try:
        yield Sending(child, out)
    finally:
        kill(child)
