"""A program that brings up a system of stand-ins and stays until a signal: `python -m tests.local.owner HOME`."""

import sys
import threading
from pathlib import Path

from local.errors import LocalError
from local.home import home_of
from local.supervisor import Plan, running
from schemas.settings import Settings

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))


def main(folder: str) -> None:
    """Run until interrupted; a LocalError is one line and code 1."""
    plan = Plan(home_of(Path(folder)), STAND_IN, Settings(), workers=2)
    try:
        with running(plan, lay_out=lambda _settings: None, progress=print):
            threading.Event().wait()
    except LocalError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1])
