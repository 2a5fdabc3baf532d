"""Owns the first moments of the `incidents` command: the package guard, then the command itself.

May not: import another package of the program before the guard has passed.
"""

import sys

from cli.guard import foreign_packages


def start() -> None:
    """Run the `incidents` command; leave with code 2 when a package of another program would be imported."""
    wrong = foreign_packages()
    if wrong:
        sys.stderr.write("".join(f"error: {sentence}\n" for sentence in wrong))
        sys.exit(2)
    from cli.main import app  # noqa: PLC0415 - only after the guard

    app()


if __name__ == "__main__":
    start()
