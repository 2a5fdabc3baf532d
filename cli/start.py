"""Owns the first moments of the `incidents` command: the package guard, the environment, then the command itself.

May not: import another package of the program before the guard has passed.
"""

import os
import re
import sys

from cli.guard import foreign_packages

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_INTERRUPTED = 130


def start() -> None:
    """Run the `incidents` command; leave with code 2 when a package of another program would be imported."""
    wrong = foreign_packages()
    if wrong:
        sys.stderr.write("".join(f"error: {sentence}\n" for sentence in wrong))
        sys.exit(2)
    _reach_loopback_directly()
    try:
        from cli.ending import exit_code  # noqa: PLC0415 - only after the guard
        from cli.main import command  # noqa: PLC0415 - only after the guard

        app = command(_words())
        sys.exit(exit_code(lambda: app(prog_name="incidents", standalone_mode=False)))
    except KeyboardInterrupt:  # also while the packages are still being imported
        sys.exit(_INTERRUPTED)


def _words() -> list[str]:
    """What was typed behind the program's name; without the last word, which is not whole, where one is completed."""
    if "_INCIDENTS_COMPLETE" not in os.environ:
        return sys.argv[1:]
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    return re.split(r"\s", line)[1:-1]


def _reach_loopback_directly() -> None:
    """This machine is never reached by a proxy, whatever proxy the environment names for the world outside."""
    for name in ("no_proxy", "NO_PROXY"):
        kept = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*kept, *_LOOPBACK]))


if __name__ == "__main__":
    start()
