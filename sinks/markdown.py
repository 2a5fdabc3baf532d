"""Owns foreign text in Markdown: it makes no heading, link, picture, markup or line of its own. Pure."""

import re
from typing import Final

from sinks.columns import plain

_LONGEST: Final = 2_000
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]()#|~!$]|:(?=//)|(?<=www)\.|@")
_HTML: Final = {"&": "&amp;", "<": "&lt;"}
"""What begins markup. What ends it, `>`, is then a character like others, but for the first one: that would quote."""


def inert(text: str) -> str:
    """One line that every reader of Markdown shows as it is; it must not stand at the beginning of a line."""
    escaped = _MARKUP.sub(lambda found: "\\" + found[0], plain(text, _LONGEST))
    said = "".join(_HTML.get(character, character) for character in escaped)
    return said.replace(">", "&gt;", 1) if said.startswith(">") else said
