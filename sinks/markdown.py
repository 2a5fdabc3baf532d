"""Owns foreign text in Markdown: it makes no heading, link, picture, markup or line of its own. Pure."""

import re
from typing import Final

from sinks.columns import plain

_LONGEST: Final = 2_000
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]()#|~!$]|:(?=//)|(?<=www)\.|@")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def inert(text: str) -> str:
    """One line that every reader of Markdown shows as it is; it must not stand at the beginning of a line."""
    escaped = _MARKUP.sub(lambda found: "\\" + found[0], plain(text, _LONGEST))
    return "".join(_HTML.get(character, character) for character in escaped)
