"""Owns how commands speak: results on standard output, progress and errors on standard error, one line each.

Whatever a line quotes is inert. May not: know what is said. Goes to: every command.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Final, NoReturn, ParamSpec, TypeVar

import typer
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from schemas.problem import Problem
from sinks.columns import plain

P = ParamSpec("P")
R = TypeVar("R")
FAILED = 1
_LONGEST: Final = 2_000
"""Columns of a line; what was typed or stored may be longer."""


def progress(line: str) -> None:
    """One line about what goes on, for the person who waits."""
    indent = " " * (len(line) - len(line.lstrip(" ")))
    sys.stderr.write(f"{indent}{plain(line, _LONGEST)}\n")
    sys.stderr.flush()


def problem_line(problem: object) -> str:
    """What is wrong, as one line for standard error."""
    return f"error: {plain(str(problem), _LONGEST)}\n"


def tell_of_retries() -> None:
    """From now on the person who waits is told once why something is tried again, in place of a log line each time."""
    set_on_retry_hooks((_told_once,))


def _told_once(details: RetryDetails) -> None:
    if details.retry_num == 1:
        progress(f"no success yet ({details.caused_by}): trying again")


def fail(problem: object) -> NoReturn:
    """One line that says what is wrong, and exit code 1."""
    sys.stderr.write(problem_line(problem))
    raise typer.Exit(FAILED)


def wrong_use(problem: object) -> NoReturn:
    """One line that says what does not fit, and exit code 2."""
    raise typer.BadParameter(str(problem))


def speaks_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose expected problems are one line and exit code 1, a full disk too; a defect shows where it is."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Problem as problem:
            fail(problem)
        except BrokenPipeError:  # whoever read has enough; how that ends is not the command's business
            raise
        except OSError as problem:
            fail(f"{problem.filename or 'the system'}: {problem.strerror or problem}")

    return run
