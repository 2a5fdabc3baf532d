"""Owns the picture of the blast radius: which service stands where, and the lines between them.

Pure: numbers only; a template draws them. What is needed stands above what needs it; an arrow points to what is
needed. Two services stand beside each other at most, so that it reads on a phone.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from schemas.packets import Candidate, Dependency, Radius

WIDTH: Final = 340
_BOX: Final = 158
_HEIGHT: Final = 46
_DOWN: Final = 92
_MARGIN: Final = 6
_MOST: Final = 24
"""Services that are drawn; more are counted."""
_NAME: Final = 21
"""Characters of a name that fit into its box."""

Role = Literal["root", "alerting", "over", "needed", "quiet"]
ROLES: Final[dict[Role, str]] = {
    "root": "◆ suspected root",
    "alerting": "▲ alerting",
    "over": "▽ resolved",
    "needed": "○ no alert, needed",
    "quiet": "○ no alert so far",
}


@dataclass(frozen=True)
class Box:
    """One service; x and y are its upper left corner in pixels."""

    service: str
    shown: str
    role: Role
    words: str
    x: int
    y: int
    width: int = _BOX
    height: int = _HEIGHT


@dataclass(frozen=True)
class Arrow:
    """One dependency, from who needs to what is needed, as an SVG path."""

    service: str
    needs: str
    path: str


@dataclass(frozen=True)
class Graph:
    """The whole picture; `left_out` services are not drawn."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    height: int
    left_out: int
    width: int = WIDTH


def graph(radius: Radius, candidate: Candidate, firing: Container[str]) -> Graph:
    """The services that alert, what they need, and their quiet neighbours below. `firing`: those that still alert."""
    named = dict.fromkeys(
        (*radius.services, *(name for edge in radius.edges for name in (edge.needs, edge.service)))
    )
    drawn = [*list(named)[:_MOST], *(name for name in radius.quiet if name not in named)][:_MOST]
    left_out = len({*named, *radius.quiet}) - len(drawn)
    alone = [name for name in drawn if name in radius.quiet and name not in named]
    rows = [*_layers([name for name in drawn if name not in alone], radius.edges), *_pairs(alone)]
    places = {
        name: (row, column, len(names)) for row, names in enumerate(rows) for column, name in enumerate(names)
    }
    boxes = {
        name: _box(name, _role(name, radius, candidate, firing), *place) for name, place in places.items()
    }
    arrows = tuple(
        _arrow(edge, boxes[edge.service], boxes[edge.needs])
        for edge in radius.edges
        if edge.service in boxes and edge.needs in boxes and edge.service != edge.needs
    )
    return Graph(tuple(boxes.values()), arrows, len(rows) * _DOWN - (_DOWN - _HEIGHT) + 2 * _MARGIN, left_out)


def _role(name: str, radius: Radius, candidate: Candidate, firing: Container[str]) -> Role:
    if name in candidate.root_services[:1]:
        return "root"
    if name in radius.services:
        return "alerting" if name in firing else "over"
    return "quiet" if name in radius.quiet else "needed"


def _layers(names: Sequence[str], edges: Iterable[Dependency]) -> list[list[str]]:
    """Rows from what is needed down to what needs it; a circle of dependencies ends where it began."""
    needs: dict[str, set[str]] = {name: set() for name in names}
    for edge in edges:
        if edge.service in needs and edge.needs in needs:
            needs[edge.service].add(edge.needs)
    depth = dict.fromkeys(names, 0)
    for _ in names:
        deeper = {n: 1 + max((depth[other] for other in needs[n] if other != n), default=-1) for n in names}
        deeper = {name: min(level, len(names)) for name, level in deeper.items()}
        if deeper == depth:
            break
        depth = deeper
    levels = sorted(set(depth.values()))
    return [row for level in levels for row in _pairs([name for name in names if depth[name] == level])]


def _pairs(names: Sequence[str]) -> list[list[str]]:
    return [list(names[start : start + 2]) for start in range(0, len(names), 2)]


def _box(name: str, role: Role, row: int, column: int, beside: int) -> Box:
    x = (WIDTH - _BOX) // 2 if beside == 1 else _MARGIN + column * (WIDTH - 2 * _MARGIN - _BOX)
    shown = name if len(name) <= _NAME else f"{name[: _NAME - 3]}..."
    return Box(name, shown, role, ROLES[role], x, _MARGIN + row * _DOWN)


def _arrow(edge: Dependency, below: Box, above: Box) -> Arrow:
    start_x, end_x = below.x + _BOX // 2, above.x + _BOX // 2
    if below.y == above.y:
        start = below.x if below.x > above.x else below.x + _BOX
        end = above.x + _BOX if below.x > above.x else above.x
        path = f"M{start} {below.y + _HEIGHT // 2} L{end} {above.y + _HEIGHT // 2}"
    elif below.y > above.y:
        start_y, end_y = below.y, above.y + _HEIGHT
        middle = end_y + (_DOWN - _HEIGHT) // 2
        path = f"M{start_x} {start_y} C{start_x} {middle} {end_x} {middle} {end_x} {end_y}"
    else:
        path = f"M{start_x} {below.y + _HEIGHT} L{end_x} {above.y}"
    return Arrow(edge.service, edge.needs, path)
