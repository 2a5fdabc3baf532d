"""Owns running the command as a person does: in a folder of one's own, with a terminal or without, seen from outside.

May not: look into the command. Goes to: the tests of the demo and of the commands.
"""

import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.facts import eventually

INCIDENTS = (sys.executable, "-P", "-m", "cli.start")
CTRL_C = b"\x03"
_PRINTED = re.compile(r"\bincidents ([^\s`]+(?: [^\s`]+)*)")
"""A command as it stands in a text: its words are parted by one space, what follows by more."""
_NETWORK = re.compile(r"(?i).*_proxy|.*ca_?bundle|ssl_cert.*|pip_.*")
"""Variables by which a machine reaches its package registries."""


def bare_environment(home: Path) -> dict[str, str]:
    """As on a fresh machine: programs, a home, the way to the package registries, and nothing else."""
    network = {name: value for name, value in os.environ.items() if _NETWORK.fullmatch(name)}
    return {**network, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}


def run(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command to its end, without a terminal."""
    return subprocess.run(
        [*INCIDENTS, *words],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass
class Command:
    """A command that runs; what it has said so far is in two files."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    @property
    def said(self) -> str:
        """Its progress and errors so far."""
        return self.err.read_text("utf-8")

    def when_it_says(self, text: str, deadline_s: float = 90.0) -> None:
        """Wait until it has said the text; AssertionError when it ends without."""
        eventually(
            lambda: text in self.said or self.process.poll() is not None, deadline_s, f"it says {text!r}"
        )
        assert text in self.said, self.said

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it: to everything in the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)


@contextmanager
def started(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Command]:
    """A command in a process group of its own, without a terminal; interrupted at the end of the block if it runs."""
    name = f"said-{len(list(folder.parent.glob('said-*')))}"
    out, err = folder.parent / f"{name}.out", folder.parent / f"{name}.err"
    with (
        out.open("wb") as outs,
        err.open("wb") as errs,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=outs,
            stderr=errs,
            process_group=0,
        ) as process,
    ):
        try:
            yield Command(process, out, err)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)


class Terminal:
    """A command on a terminal of 80 columns, whose keys can be pressed; `screen` is all that it has written."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._keys, screen = pty.openpty()
        termios.tcsetwinsize(screen, (24, 80))
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=screen,
            stdout=screen,
            stderr=screen,
            start_new_session=True,
            preexec_fn=_take_the_terminal,  # noqa: PLW1509 - there is no other way to have Ctrl-C from a terminal
        )
        os.close(screen)
        self._written = bytearray()
        threading.Thread(target=self._read, name="screen", daemon=True).start()

    @property
    def screen(self) -> str:
        """Everything written so far."""
        return bytes(self._written).decode("utf-8", "replace").replace("\r\n", "\n")

    def when_it_shows(self, text: str, deadline_s: float = 90.0) -> None:
        """Wait until the text has been written; AssertionError when the command ends without."""
        eventually(
            lambda: text in self.screen or self.process.poll() is not None, deadline_s, f"it shows {text!r}"
        )
        assert text in self.screen, self.screen

    def press(self, keys: bytes) -> None:
        """Press some keys."""
        os.write(self._keys, keys)

    def _read(self) -> None:
        try:
            while read := os.read(self._keys, 4096):
                self._written += read
        except OSError:  # Linux's word for the end of a terminal
            return


@contextmanager
def terminal(command: Sequence[str], folder: Path) -> Iterator[Terminal]:
    """A command on a terminal, killed at the end of the block if it still runs."""
    shown = Terminal(command, folder)
    try:
        yield shown
    finally:
        shown.process.kill()
        shown.process.wait()


def _take_the_terminal() -> None:
    """Runs in the child: its standard input becomes the terminal that sends it Ctrl-C."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def processes_of(folder: Path) -> list[str]:
    """The command lines of the processes that name a folder, or stand in it."""
    lines = (_line_of(process, str(folder)) for process in Path("/proc").glob("[0-9]*"))
    return [line for line in lines if line]


def _line_of(process: Path, folder: str) -> str:
    """The command line of a process that has to do with the folder; empty for any other."""
    try:
        line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        stands_in = str((process / "cwd").readlink())
    except OSError:
        return ""
    return line if folder in line or stands_in.startswith(folder) else ""


def printed_commands(text: str) -> list[list[str]]:
    """The `incidents` commands that stand in a text, as words."""
    return [match.split() for match in _PRINTED.findall(text)]


def exists(words: Sequence[str], folder: Path) -> bool:
    """Whether the program has this command with these options."""
    return run(*words, "--help", folder=folder).returncode == 0
