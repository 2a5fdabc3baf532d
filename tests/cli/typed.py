"""Owns typing a command as somebody would, in this process: from the first word to the exit code.

Goes to: the tests of laws that hold for every command.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from typing import NamedTuple
from unittest.mock import patch

from cli.start import start


class Said(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class _Stream(TextIOWrapper):
    """A stream that may be a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__(BytesIO(), "utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def said(self) -> str:
        """All that was written."""
        self.flush()
        written = self.buffer
        assert isinstance(written, BytesIO)
        return written.getvalue().decode()


def typed(*words: str, terminal: bool = False, **environment: str) -> Said:
    """What becomes of `incidents` and these words; `terminal` says whether standard output is one."""
    out, err = _Stream(terminal=terminal), _Stream(terminal=False)
    code = 0
    with _as_if(words, environment), redirect_stdout(out), redirect_stderr(err):
        try:
            start()
        except SystemExit as end:
            code = int(end.code or 0)
    return Said(code, out.said(), err.said())


@contextmanager
def _as_if(words: tuple[str, ...], environment: dict[str, str]) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")}
    seen = {**kept, "COLUMNS": "80", "TERM": "xterm-256color", **environment}
    with patch.dict(os.environ, seen, clear=True), patch.object(sys, "argv", ["incidents", *words]):
        yield
