"""Owns reading the pages for the tests: their blocks of code, and the commands that they name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
_WHERE = ("*.md", "docs/**/*.md", "examples/**/*.md", "deploy/**/*.md")
PAGES = {str(page.relative_to(ROOT)): page for pattern in _WHERE for page in sorted(ROOT.glob(pattern))}
"""Every page that people read, by its path."""

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_SHELL = frozenset({"sh", "bash", "shell", "console", "text", ""})


class Block(NamedTuple):
    """One fenced block of code; `name` is its page and number."""

    name: str
    language: str
    code: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = _FENCED.findall(page.read_text("utf-8"))
    return [Block(f"{page.relative_to(ROOT)} block {n}", *block) for n, block in enumerate(found, start=1)]


def of_language(*languages: str) -> dict[str, Block]:
    """The blocks of all pages in one of the languages, by name."""
    found = (block for page in PAGES.values() for block in blocks(page))
    return {block.name: block for block in found if block.language in languages}


def calls_of(program: str) -> dict[str, list[str]]:
    """Each different call of a program on a page, by page and words."""
    return {
        f"{name}: {' '.join(words)}": words
        for name, page in PAGES.items()
        for words in commands_in(page, program)
    }


def commands_in(page: Path, program: str) -> Iterator[list[str]]:
    """The words after each call of a program, in blocks for a shell and in running text."""
    lines = [line for block in blocks(page) if block.language in _SHELL for line in _joined(block.code)]
    inline = _INLINE.findall(_FENCED.sub("", page.read_text("utf-8")))
    for line in [*lines, *inline]:
        called = re.match(rf"(?:\$ )?\s*(?:\S*/)?{program} (.*)", line)
        if called:
            yield _words(called[1])


def _joined(code: str) -> list[str]:
    return code.replace("\\\n", " ").splitlines()


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a page may show half a quotation
        return line.split()
