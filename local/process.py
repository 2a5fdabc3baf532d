"""Owns starting and stopping one child process that cannot outlive this one.

May not: decide when to start, restart or stop. Goes to: `local.kafka` and `local.supervisor`.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalError

_LEASH = Path(__file__).with_name("leash.py")
_START_S = 30.0
"""How long a leash may take to report its child's process id, in seconds."""


@dataclass(frozen=True)
class Child:
    """A running command; `pid` is the command's own, `log` holds its output and errors."""

    name: str
    pid: int
    log: Path
    leash: subprocess.Popen[bytes] = field(repr=False, compare=False)
    tether: socket.socket = field(repr=False, compare=False)

    def exit_code(self) -> int | None:
        """The exit code, 128 + n after signal n, or None while the command runs."""
        code = self.leash.poll()
        return code if code is None or code >= 0 else 128 - code


def spawn(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Child:
    """Start `command` in a process group of its own, its output appended to `log`.

    It is stopped when this process ends, however it ends; any thread may call this. LocalError when the
    command cannot be started.
    """
    ours, theirs = socket.socketpair()
    arguments = [sys.executable, "-I", "-S", str(_LEASH), str(theirs.fileno()), "--", *command]
    with ExitStack() as opening, theirs, log.open("ab") as output:
        opening.enter_context(ours)
        leash = subprocess.Popen(  # noqa: S603 - the command comes from our own tables, never from input
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        opening.pop_all()
    return Child(name, _read_pid(ours, leash, name, log), log, leash, ours)


def _read_pid(ours: socket.socket, leash: subprocess.Popen[bytes], name: str, log: Path) -> int:
    ours.settimeout(_START_S)
    try:
        line = ours.recv(32)
    except TimeoutError:
        line = b""
    if not line:
        ours.close()
        leash.kill()
        leash.wait()
        raise LocalError(f"{name} could not be started; see {log}")
    return int(line)


def ask_to_stop(child: Child) -> None:
    """Send the command SIGTERM; it is killed 10 s later if it still runs."""
    with contextlib.suppress(ProcessLookupError):
        child.leash.terminate()


def stop(child: Child, *, deadline_s: float = 20.0) -> int:
    """Ask the command to stop, force it after 10 s, and return its exit code."""
    ask_to_stop(child)
    return _end(child, deadline_s)


def kill(child: Child) -> int:
    """End the command at once (SIGKILL) and return its exit code."""
    if child.exit_code() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    return _end(child, 20.0)


def runs(pid: int) -> bool:
    """Whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _end(child: Child, deadline_s: float) -> int:
    try:
        child.leash.wait(deadline_s)
    except subprocess.TimeoutExpired:
        child.leash.kill()
        child.leash.wait()
    finally:
        child.tether.close()
    code = child.exit_code()
    return 0 if code is None else code
