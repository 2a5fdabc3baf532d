"""Owns the picture of the time line: where each moment stands on one axis, and where its line of text is.

Pure: numbers only; a template draws them. The axis runs down the page, so that it reads on a phone as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemas.times import MINUTE, SECOND
from sinks.queries import Event

ROW: Final = 34
"""Height of a line of text in pixels; the page's style says the same."""
LANES: Final = {"config": 20, "flag": 38, "deploy": 56, "alert": 74, "resolved": 74, "feedback": 92}
"""Where each kind stands across, in pixels."""
WIDTH: Final = 112
_EDGE: Final = 84
_OTHER: Final = 92
"""Where a kind stands that has no lane of its own."""
_MOST_TICKS: Final = 12
_APART: Final = 12
"""Pixels between two marks of the axis, at least."""
_ENDS: Final = 30
"""Moments shown at either end of a long time line."""
_STEPS: Final = (
    *(SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE),
    *(15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE, 360 * MINUTE, 1440 * MINUTE),
)


@dataclass(frozen=True)
class Mark:
    """One moment: its place on the axis (x, y), and the middle of its line of text."""

    event: Event
    x: int
    y: float
    row: float
    edge: int = _EDGE


@dataclass(frozen=True)
class Axis:
    """The whole picture; `onset` is where the first alert stands, `left_out` how many moments are not drawn.

    `ticks` stand at round times, `step` microseconds apart; both are empty where nothing took any time.
    """

    marks: tuple[Mark, ...]
    ticks: tuple[float, ...]
    step: int
    onset: float
    height: int
    left_out: int
    width: int = WIDTH


def axis(events: Sequence[Event], onset: int) -> Axis:
    """The moments on one axis, in the scale of time; nothing is drawn twice at one line of text."""
    shown = [event for event in events if event.kind != "packet"]
    left_out = max(0, len(shown) - 2 * _ENDS)
    if left_out:
        shown = [*shown[:_ENDS], *shown[-_ENDS:]]
    height = max(len(shown), 1) * ROW
    times = [event.at for event in shown] + [onset]
    first, last = min(times), max(times)
    scale = (height - ROW) / max(last - first, 1)

    def down(at: int) -> float:
        return round(ROW / 2 + (at - first) * scale, 1)

    marks = tuple(
        Mark(event, LANES.get(event.kind, _OTHER), down(event.at), row * ROW + ROW / 2)
        for row, event in enumerate(shown)
    )
    most = max(1, min(_MOST_TICKS, (height - ROW) // _APART))
    step = next((step for step in _STEPS if last - first <= step * most), 0) if last > first else 0
    ticks = tuple(map(down, range(-(-first // step) * step, last + 1, step))) if step else ()
    return Axis(marks, ticks, step, down(onset), height, left_out)
