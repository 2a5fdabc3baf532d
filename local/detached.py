"""Owns a system in the background: start it, wait until it is up, ask it to stop.

May not: run the system itself; the background process is the same command in the foreground's way. Goes
to: `incidents up --detach` and `incidents down`.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from local.errors import LocalError
from local.home import Home, holder
from local.status import Status, read_status

_POLL_S = 0.1
_DOWN_S = 60.0


def up_detached(home: Home, command: Sequence[str], progress: Callable[[str], None]) -> Status:
    """Run `command`, which brings up the system of this home, in the background, until it is up.

    Its lines are passed on while waiting. When this is interrupted, the start is, too. LocalError with the
    command's last line when it ends before.
    """
    log = home.log("supervisor")
    if (pid := holder(home)) is not None:
        raise LocalError(f"a system already runs in {home.folder} (process {pid}); stop it first")
    supervisor = _start(command, log)
    try:
        return _wait_until_up(home, supervisor, log, progress)
    except BaseException:
        _end(supervisor)
        raise


def _start(command: Sequence[str], log: Path) -> int:
    """The process id of the command, in a session of its own, so that it outlives this terminal."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    return os.posix_spawn(command[0], list(command), dict(os.environ), file_actions=actions, setsid=True)


def _has_ended(supervisor: int) -> bool:
    try:
        return os.waitpid(supervisor, os.WNOHANG)[0] == supervisor
    except ChildProcessError:
        return True


def _end(supervisor: int) -> None:
    if not _has_ended(supervisor):
        os.kill(supervisor, signal.SIGTERM)
        os.waitpid(supervisor, 0)


def _wait_until_up(home: Home, supervisor: int, log: Path, progress: Callable[[str], None]) -> Status:
    with log.open(encoding="utf-8", errors="replace") as lines:
        while not _has_ended(supervisor):
            for line in lines:
                progress(line.rstrip())
            status = read_status(home)
            if status.phase == "up" and status.pid == supervisor:
                return status
            time.sleep(_POLL_S)
    raise LocalError(_reason(log))


def _reason(log: Path) -> str:
    said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    last = said[-1].strip() if said else "it said nothing"
    return last.removeprefix("error: ")


def down(home: Home) -> bool:
    """Ask the system of this home to stop and wait until it has; False when none runs.

    LocalError when it takes longer than a minute.
    """
    pid = holder(home)
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + _DOWN_S
    while holder(home) == pid:
        if time.monotonic() > end:
            raise LocalError(
                f"process {pid} has not stopped within {_DOWN_S:.0f} s; end it with `kill -9 {pid}`"
            )
        time.sleep(_POLL_S)
    return True
