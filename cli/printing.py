"""Owns how a result is printed: text for people, coloured only on a terminal, or JSON for programs.

May not: know what is printed. Goes to: the commands that read the tables.
"""

import re
import sys
from typing import Any, Final

import orjson
from rich.console import Console
from rich.text import Text

_HEADING: Final = re.compile(r"^(?:[A-Z]{3}-\S+|[A-Z][A-Z, ]{2,})")
_CITED: Final = re.compile(r"\[[eq]\d+[^\]]*\]")


def printed(text: str, body: Any, *, as_json: bool) -> None:  # noqa: ANN401 - whatever JSON can say
    """The text for people, in colour only on a terminal; or the body as JSON for programs."""
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        return
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in text.splitlines():
        console.print(_coloured(line))


def _coloured(line: str) -> Text:
    """Headings stand out, citations step back; nothing in the line is read as markup."""
    styled = Text(line)
    styled.highlight_regex(_CITED, "dim")
    styled.highlight_regex(_HEADING, "bold")
    return styled
