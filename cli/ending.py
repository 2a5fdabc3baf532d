"""Owns how the command ends, whatever happened: its exit code, and at most one line on standard error.

0 all is well, 1 a problem, 2 wrong use, 130 Ctrl-C, 141 nobody reads the result any more; some commands have more.
May not: know the commands. Goes to: `cli.start`.
"""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Final

import typer
from typer import rich_utils
from typer.exceptions import TyperException

from cli.console import FAILED, problem_line
from cli.printing import coloured

WRONG_USE: Final = 2
INTERRUPTED: Final = 130
UNREAD: Final = 141


def exit_code(run: Callable[[], object]) -> int:
    """Runs the command, and says by its exit code how it ended; what is a defect is raised."""
    _prepare_streams()
    _colour_help_where_wanted()
    try:
        code = run()
        sys.stdout.flush()
    except TyperException as wrong:
        return _wrong_use(wrong)
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.Abort as ended:
        return _nothing_typed(ended)
    except BrokenPipeError:
        return _unread()
    except OSError as problem:  # the disk is full, where the result was to go
        _drop_the_rest()
        sys.stderr.write(problem_line(f"the result could not be written: {problem.strerror}"))
        return FAILED
    return code if isinstance(code, int) else 0


def _prepare_streams() -> None:
    """What a terminal's encoding does not have is shown as a question mark, and ends nothing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _colour_help_where_wanted() -> None:
    """Typer would colour its help in GitHub's jobs, and make it bold for whoever wants no colour."""
    if not coloured():
        rich_utils.FORCE_TERMINAL = False
        rich_utils.COLOR_SYSTEM = None


def _wrong_use(wrong: TyperException) -> int:
    """One line with what is wrong and where it is said how; the help itself, where nothing was asked for."""
    said = wrong.format_message()
    context = getattr(wrong, "ctx", None)
    if not said:
        return wrong.exit_code
    if isinstance(wrong, typer.BadParameter) and wrong.param is None and wrong.param_hint is None:
        said = wrong.message
    elif context is not None:
        said = f"{said.strip().rstrip('.')}; see `{context.command_path} --help`"
    sys.stderr.write(problem_line(said))
    return wrong.exit_code


def _nothing_typed(ended: typer.Abort) -> int:
    """Where something was asked for: Ctrl-C, or the end of what can be read."""
    if isinstance(ended.__context__, KeyboardInterrupt):
        return INTERRUPTED
    sys.stderr.write(problem_line("nothing was typed where something was asked for: give it as an option"))
    return WRONG_USE


def _unread() -> int:
    _drop_the_rest()
    return UNREAD


def _drop_the_rest() -> None:
    """Python writes what is left once more at its end, and would say that it could not."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
