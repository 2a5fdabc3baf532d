"""Owns how the figures of a run are shown to a person.

May not: compute any. Goes to: `python -m bench`.
"""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.figures import BOUNDS_MS, Figures
from bench.hops import HOPS

_WAYS: Final = {
    "latency": ("due to packet seen", "the whole way, to a consumer of context-packets"),
    "burst": ("due to packet seen, in a burst", "the whole way, in ten times the load"),
    "latency.to_table": ("due to row seen", "the whole way, to the SQL table"),
    "latency.post_to_202": ("due to 202, all", "every delivery, not only those that are due a packet"),
    **{f"latency.hop.{name}": (f"  {name}", words) for name, (_, _, words) in HOPS.items()},
}
_BARS: Final = " ▁▂▃▄▅▆▇█"
_TIMES: Final = ("p50", "p90", "p99", "max")


def show(figures: Figures, console: Console) -> None:
    """Print the figures: the ways of a delivery as one table, everything else as another."""
    if "latency.p50_ms" in figures:
        console.print(_ways(figures))
    rest = {name: value for name, value in figures.items() if not _is_in_ways(name)}
    table = Table("figure", "value", title="Figures", title_justify="left")
    table.columns[1].justify = "right"
    for name, value in rest.items():
        table.add_row(name, _number(value))
    console.print(table)


def _ways(figures: Figures) -> Table:
    title = "From posting to packet, in ms"
    table = Table("way", *_TIMES, f"{BOUNDS_MS[0]} ms … {BOUNDS_MS[-1] // 1000} s", "what", title=title)
    table.title_justify = "left"
    for way, (name, words) in _WAYS.items():
        if f"{way}.p50_ms" in figures:
            times = [_number(figures[f"{way}.{said}_ms"]) for said in _TIMES]
            table.add_row(name, *times, "".join(_bars(way, figures)), words)
    return table


def _bars(way: str, figures: Figures) -> Iterator[str]:
    """The histogram: one sign a bin, as high as its share of the fullest."""
    counts = [figures.get(f"{way}.le_{bound}_ms", 0) for bound in BOUNDS_MS] + [
        figures.get(f"{way}.longer", 0)
    ]
    fullest = max(*counts, 1)
    return (_BARS[-(-int(count) * (len(_BARS) - 1) // int(fullest))] for count in counts)


def _is_in_ways(name: str) -> bool:
    way, _, end = name.rpartition(".")
    return way in _WAYS and (end.endswith("_ms") or end in ("count", "longer"))


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.2f}"  # noqa: PLR2004 - digits that say something
