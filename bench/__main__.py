"""The benchmarks of one run: a table for people, bench/out/latest.json for programs.

    python -m bench [storm|mixed|latency|burst|soak|growth|scale|gateway|replay|transport ...] [--seconds N] [--rate N]

Nothing is asserted. Every process, broker and folder that is started or made is gone afterwards. Parts that are not
run keep the figures that they had; one that fails leaves those of the others.
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

from bench import gateway, growth, latency, mixed, replay, scale, soak, storm, transport
from bench.figures import Figures
from bench.load import BURST
from bench.sending import LoadFailed
from bench.shown import show
from local.errors import LocalError
from local.interrupts import as_interrupts
from wire.errors import KafkaProblem

_OUT: Final = Path(__file__).resolve().parent / "out" / "latest.json"
_SECONDS: Final = {
    "storm": 0.0,
    "mixed": 20.0,
    "latency": 30.0,
    "burst": 10.0,
    "soak": 60.0,
    "growth": 0.0,
    "scale": 0.0,
    "gateway": 10.0,
    "replay": 15.0,
    "transport": 0.0,
}
"""Length of each measurement; those with 0 handle a fixed number of records. All of them are made for ten minutes;
a soak that says something takes `soak --seconds 1200`."""
_RATE: Final = 500.0
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
            failed = _measure(arguments, figures)
    except KeyboardInterrupt:
        _write(figures, whole=False)
        sys.stderr.write("stopped; what was measured by then is written down\n")
        return 130
    figures["machine.load_after"] = os.getloadavg()[0]
    show(figures, Console() if sys.stdout.isatty() else Console(width=_WIDE))
    _write(figures, whole=not arguments.parts)
    sys.stderr.writelines(f"error: {problem}\n" for problem in failed)
    return 1 if failed else 0


def _measure(arguments: argparse.Namespace, figures: Figures) -> list[str]:
    """Adds the figures of each part; what went wrong with others, in a line each."""
    failed: list[str] = []
    for name in arguments.parts or _SECONDS:
        _progress(f"{name} …")
        try:
            figures |= _measures(arguments)[name](arguments.seconds or _SECONDS[name])
        except (LocalError, KafkaProblem, LoadFailed) as problem:
            failed.append(f"{name}: {problem}")
    return failed


def _write(figures: Figures, *, whole: bool) -> None:
    known = {} if whole or not _OUT.exists() else orjson.loads(_OUT.read_bytes())
    _OUT.parent.mkdir(exist_ok=True)
    _OUT.write_bytes(orjson.dumps(known | figures, option=orjson.OPT_INDENT_2) + b"\n")


def _measures(arguments: argparse.Namespace) -> dict[str, Callable[[float], Figures]]:
    return {
        "storm": lambda _: storm.measure(_progress),
        "mixed": lambda seconds: mixed.measure(seconds, _progress),
        "latency": lambda seconds: latency.measure(arguments.rate, seconds, _progress),
        "burst": lambda seconds: latency.measure_burst(arguments.rate / BURST, seconds, _progress),
        "soak": lambda seconds: soak.measure(seconds, _progress),
        "growth": lambda _: growth.measure(_progress),
        "scale": lambda _: scale.measure(_progress),
        "gateway": lambda seconds: gateway.measure(seconds, _progress),
        "replay": lambda seconds: replay.measure(seconds, _progress),
        "transport": lambda _: transport.measure(_progress),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure; nothing is asserted.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these: {', '.join(_SECONDS)}")
    parser.add_argument("--seconds", type=_positive, help="length of each measurement in seconds")
    parser.add_argument(
        "--rate",
        type=_positive,
        default=_RATE,
        help="deliveries a second under load, at the height of a burst (500)",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - _SECONDS.keys():
        parser.error(f"there is no part {min(unknown)}: choose from {', '.join(_SECONDS)}")
    return arguments


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no positive number")
    return value


if __name__ == "__main__":
    sys.exit(main(_arguments()))
