"""Owns how a result is printed: text for people, coloured only where that is wanted, or JSON for programs.

May not: know what is printed. Goes to: every command that prints a result.
"""

import json
import os
import re
import shutil
import sys
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.text import Text

from sinks.columns import WIDTH, is_inert

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

_NARROWEST, _WIDEST = 40, 160
_HEADING: Final = re.compile(r"^(?:[A-Z]{3}-\S+|[A-Z][A-Z, ]{2,}\d*)")
_CITED: Final = re.compile(r"\[[eq]\d+[^\]]*\]")
_UNUSUAL: Final = re.compile(r"[^\x00-\x7e]")


def coloured() -> bool:
    """Whether standard output may hold colours: a terminal that shows them, and nobody who wants none (NO_COLOR)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """The columns that a table may take: those of the terminal within reason; 80 where there is none."""
    return max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST)) if sys.stdout.isatty() else WIDTH


def printed(text: str, body: Any, *, as_json: bool) -> None:  # noqa: ANN401 - whatever JSON can say
    """The text for people, in colour only on a terminal; or the body as JSON for programs."""
    if as_json:
        print_json(body)
        return
    if not coloured():
        sys.stdout.write(text)
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in text.splitlines():
        console.print(_coloured(line))


def print_json(body: Any, *, on_one_line: bool = False) -> None:  # noqa: ANN401 - whatever JSON can say
    """The body as JSON, ending in a line break; what moves a cursor or hides text stands in it as an escape."""
    dumped = orjson.dumps(body, option=0 if on_one_line else orjson.OPT_INDENT_2).decode()
    sys.stdout.flush()
    # JSON is UTF-8, whatever the terminal's own encoding.
    sys.stdout.buffer.write(_UNUSUAL.sub(_escaped, dumped).encode() + b"\n")


def _escaped(found: re.Match[str]) -> str:
    return found[0] if is_inert(found[0]) else json.dumps(found[0])[1:-1]


def _coloured(line: str) -> Text:
    """Headings stand out, citations step back; nothing in the line is read as markup."""
    styled = Text(line)
    styled.highlight_regex(_CITED, "dim")
    styled.highlight_regex(_HEADING, "bold")
    return styled
