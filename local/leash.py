"""Owns the life of one child process: it never outlives the process that asked for it.

Runs as a program of its own between the two, with the standard library alone:

    python -I -S leash.py FD -- COMMAND ARGUMENT...

FD is one end of a socket pair whose other end only the owner holds. The leash writes the child's
process id there. When the owner goes away for whatever reason, kill -9 included, the kernel closes the
owner's end and the leash stops the child. When the leash itself is killed, the kernel kills the child
(PR_SET_PDEATHSIG). That signal is bound to the *thread* that started the child, which is why the
owner, who may have many short-lived threads, does not use it itself: the leash has one thread only.

May not: import the project, write to standard output, restart anything. Its exit code is the child's,
128 + n where signal n ended the child.
"""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_GRACE_S = 10.0
"""How long a child has between SIGTERM and SIGKILL."""
_ORPHAN_GRACE_S = 3.0
"""The same when the owner has gone: its place may soon be taken."""


def _die_with_leash(leash_pid: int) -> None:
    """Runs in the child before it becomes the command."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != leash_pid:
        os._exit(1)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    leash_pid = os.getpid()
    return subprocess.Popen(  # noqa: S603 - the owner hands over its own command
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: _die_with_leash(leash_pid),  # noqa: PLW1509 - this process has one thread
    )


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return


def _wait(child: subprocess.Popen[bytes], owner: socket.socket, wakeup: socket.socket) -> float:
    """The child's grace in seconds, once it has ended, the owner has gone or a signal asks to stop."""
    while child.poll() is None:
        ready, _, _ = select.select([owner, wakeup], [], [])
        if owner in ready:
            return _ORPHAN_GRACE_S
        numbers = wakeup.recv(64)
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            break
    return _GRACE_S


def _stop(child: subprocess.Popen[bytes], grace_s: float) -> None:
    _signal_group(child, signal.SIGTERM)
    try:
        child.wait(grace_s)
    except subprocess.TimeoutExpired:
        _signal_group(child, signal.SIGKILL)
        child.wait()
    _signal_group(child, signal.SIGKILL)


def _listen_for_signals() -> socket.socket:
    """Signals arrive as bytes on a socket, so that one select waits for everything."""
    read, write = socket.socketpair()
    write.setblocking(False)
    signal.set_wakeup_fd(write.detach())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    return read


def main(arguments: list[str]) -> int:
    """Run COMMAND on the leash and return its exit code (127 when it cannot be started)."""
    owner = socket.socket(fileno=int(arguments[0]))
    os.set_inheritable(owner.fileno(), False)
    wakeup = _listen_for_signals()
    try:
        child = _start(arguments[2:])
    except OSError as error:
        sys.stderr.write(f"cannot start {arguments[2]}: {error.strerror}\n")
        return 127
    try:
        owner.sendall(b"%d\n" % child.pid)
    except OSError:
        _stop(child, _ORPHAN_GRACE_S)
        return 1
    _stop(child, _wait(child, owner, wakeup))
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
