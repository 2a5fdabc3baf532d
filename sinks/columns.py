"""Owns text in terminal columns: foreign text made inert, its width measured, lines wrapped with a hanging indent.

Pure. May not: know what the text says. Goes to: everything that prints to a terminal.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len

WIDTH: Final = 80
"""Columns of a terminal that everybody has."""
_REPLACED: Final = "\ufffd"
_SPACES: Final = frozenset({"Zs", "Zl", "Zp"})
_ACTIVE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Control, invisible, half, private and unassigned characters: what moves the cursor or hides text."""
_MOST_MARKS: Final = 2
"""Combining marks on one character; more would climb over other lines."""


def plain(text: str, most: int = 400) -> str:
    """One line that a terminal shows as it is, at most `most` columns; longer ends in `...`.

    Line breaks and other spaces become one space; escape sequences, control, invisible and direction-changing
    characters become the replacement character.
    """
    words = "".join(_inert(text[: most * 4])).split()
    line = " ".join(words)
    return line if columns_of(line) <= most else cut(line, most - 3) + "..."


def is_inert(character: str) -> bool:
    """Whether a terminal shows the character as one, instead of doing something or hiding text."""
    return unicodedata.category(character) not in _ACTIVE


def cut(text: str, columns: int) -> str:
    """As much of the beginning as fits into so many columns."""
    if columns_of(text) <= columns:
        return text
    end = min(len(text), columns)
    while columns_of(text[:end]) > columns:
        end -= 1
    return text[:end]


def wrapped(first: str, text: str, indent: int, width: int = WIDTH) -> list[str]:
    """`first`, then the words of `text` after it; further lines begin at column `indent`.

    Words longer than a line are broken, after a comma where one stands outside of quotes: a query or a list can then
    still be pasted. `first` must leave room for a word; `text` must be plain.
    """
    lines, line = [], first
    for word in text.split(" "):
        for piece in _pieces(word, width - indent):
            glue = "" if not line or line.endswith(" ") else " "
            if line.strip() and columns_of(line) + len(glue) + columns_of(piece) > width:
                lines.append(line.rstrip())
                line, glue = " " * indent, ""
            line += glue + piece
    return [*lines, line.rstrip()]


def hanging(indent: int, width: int) -> int:
    """The indent of further lines: less where the terminal is so narrow that little would be left of it."""
    return indent if indent * 2 <= width else 4


def columns_of(text: str) -> int:
    """How many columns a terminal gives to the text."""
    return cell_len(text)


def padded(text: str, columns: int) -> str:
    """The text with spaces up to so many columns; longer text stays as it is."""
    return text + " " * (columns - columns_of(text))


def _inert(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in _SPACES or character in "\t\n\r\v\f\x85":
            yield " "
        elif category in _ACTIVE:
            yield _REPLACED
        elif marks <= _MOST_MARKS:
            yield character


def _pieces(word: str, columns: int) -> Iterator[str]:
    while columns_of(word) > columns:
        head = _up_to_a_comma(cut(word, columns)) or word[:1]
        yield head
        word = word[len(head) :]
    yield word


def _up_to_a_comma(head: str) -> str:
    """The head up to its last comma outside of double quotes; the whole where there is none in its second half."""
    outside = [at + 1 for at, sign in enumerate(head) if sign == "," and head.count('"', 0, at) % 2 == 0]
    return head[: outside[-1]] if outside and outside[-1] * 2 > len(head) else head
