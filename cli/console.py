"""Owns how commands speak: results on standard output, progress and errors on standard error, one line each.

May not: know what is said. Goes to: every command.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import typer

from cli.settings_file import BadSettings
from local.errors import LocalError
from sources.recording import BadRecording
from sources.sender import CannotSend
from wire.errors import KafkaProblem
from wire.listening import CannotListen

P = ParamSpec("P")
R = TypeVar("R")
FAILED = 1
_TOLD = (BadSettings, LocalError, KafkaProblem, BadRecording, CannotSend, CannotListen)
"""Errors whose text is a line for a person; anything else is a defect and shows where it is."""


def progress(line: str) -> None:
    """One line about what goes on, for the person who waits."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def fail(problem: object) -> NoReturn:
    """One line that says what is wrong, and exit code 1."""
    sys.stderr.write(f"error: {problem}\n")
    raise typer.Exit(FAILED)


def speaks_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose expected problems are one line and exit code 1, not a traceback; a full disk is one of them."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except _TOLD as problem:
            fail(problem)
        except OSError as problem:
            fail(f"{problem.filename or 'the system'}: {problem.strerror or problem}")

    return run
