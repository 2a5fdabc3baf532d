"""The benchmarks of one run: a table for people, bench/out/latest.json for programs.

    python -m bench [--only latency|replay|gateway|transport] [--seconds N] [--rate N]

Nothing is asserted. Every process, broker and folder that is started or made is gone afterwards.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from bench import gateway, latency, replay, transport
from bench.figures import Figures
from bench.sending import LoadFailed
from bench.shown import show
from local.errors import LocalError
from local.interrupts import as_interrupts
from wire.errors import KafkaProblem

_OUT: Final = Path(__file__).resolve().parent / "out" / "latest.json"
_SECONDS: Final = {"latency": 30.0, "replay": 20.0, "gateway": 10.0, "transport": 0.0}
"""Length of each measurement; transport reads a fixed number of records."""
_RATE: Final = 200.0
_WIDE: Final = 140
"""Columns of the table where the output is no terminal."""

_console = Console(stderr=True)


def _progress(line: str) -> None:
    _console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {line}", highlight=False)


def main(arguments: argparse.Namespace) -> int:
    """Measure what was asked for, show it and write it down; the exit code."""
    # A broker that has just started makes librdkafka try again, and say so.
    logging.getLogger("librdkafka").setLevel(logging.CRITICAL)
    figures: Figures = {"machine.cores": os.cpu_count() or 0, "machine.load_before": os.getloadavg()[0]}
    try:
        with as_interrupts():
            for name in arguments.only or _SECONDS:
                _progress(f"{name} …")
                figures |= _measures(arguments)[name](arguments.seconds or _SECONDS[name])
    except (LocalError, KafkaProblem, LoadFailed) as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    figures["machine.load_after"] = os.getloadavg()[0]
    show(figures, Console() if sys.stdout.isatty() else Console(width=_WIDE))
    _OUT.parent.mkdir(exist_ok=True)
    _OUT.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")
    return 0


def _measures(arguments: argparse.Namespace) -> dict[str, Callable[[float], Figures]]:
    return {
        "latency": lambda seconds: latency.measure(arguments.rate, seconds, _progress),
        "replay": lambda seconds: replay.measure(seconds, _progress),
        "gateway": lambda seconds: gateway.measure(seconds, _progress),
        "transport": lambda _: transport.measure(_progress),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure; nothing is asserted.")
    parser.add_argument("--only", action="append", choices=tuple(_SECONDS), help="only this; may be repeated")
    parser.add_argument("--seconds", type=_positive, help="length of each measurement in seconds")
    parser.add_argument("--rate", type=_positive, default=_RATE, help="deliveries a second under load (200)")
    return parser.parse_args()


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no positive number")
    return value


if __name__ == "__main__":
    sys.exit(main(_arguments()))
