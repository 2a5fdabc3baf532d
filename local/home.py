"""Owns the folder of one local system: its layout, and the lock that lets only one system run in it.

May not: start or stop anything. Goes to: `local.supervisor`, which writes, and `local.status`, which reads.

    lock            held by the running supervisor; names its process id
    state.json      what runs, replaced as a whole
    settings.toml   what every process of this system is given
    workers         how many workers somebody has asked for since it is up
    kafka/  logs/   the broker's folder, and a log for each process
    audit/          the key that signs the audit log, and its public half
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from local.errors import LocalError


@dataclass(frozen=True)
class Home:
    """The folder of one local system, as an absolute path."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Held by the supervisor; contains its process id."""
        return self.folder / "lock"

    @property
    def state(self) -> Path:
        """What runs, as JSON."""
        return self.folder / "state.json"

    @property
    def settings(self) -> Path:
        """The settings of every process of this system."""
        return self.folder / "settings.toml"

    @property
    def wanted_workers(self) -> Path:
        """How many workers are asked for, in decimal digits; missing until somebody asks."""
        return self.folder / "workers"

    @property
    def kafka(self) -> Path:
        """The broker's folder."""
        return self.folder / "kafka"

    @property
    def database(self) -> Path:
        """The tables that the sink fills."""
        return self.folder / "incidents.db"

    @property
    def audit_key(self) -> Path:
        """The key that signs the audit log; the auditor makes it."""
        return self.folder / "audit" / "signing.key"

    def log(self, name: str) -> Path:
        """The log of the process of this name."""
        return self.folder / "logs" / f"{name}.log"


def home_of(folder: Path) -> Home:
    """The home in `folder`, made where it is missing, for its owner alone: deliveries are kept in it.

    LocalError where it cannot be written.
    """
    home = Home(folder.absolute())
    try:
        home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.log("any").parent.mkdir(exist_ok=True)
    except OSError as error:
        raise LocalError(f"the folder {folder} cannot be written: {error.strerror}") from error
    return home


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Be the one supervisor of this home; the kernel frees the lock of one that ends in any way.

    LocalError naming the process id when another one runs.
    """
    with _locked(home) as lock:
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            home.lock.unlink(missing_ok=True)


def _locked(home: Home) -> TextIO:
    """The lock file, held; one that its last holder removed meanwhile is not the one that others meet."""
    while True:
        lock = _open(home.lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if home.lock.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                return lock
        except BlockingIOError:
            lock.close()
            raise LocalError(_taken(home)) from None
        except FileNotFoundError:
            pass
        lock.close()


def _open(path: Path) -> TextIO:
    try:
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {error.strerror}") from error


def _taken(home: Home) -> str:
    pid = holder(home)
    return (
        f"a system already runs in {home.folder} (process {pid}); "
        f"stop it with `incidents down --home {home.folder}` or choose another --home"
    )


def holder(home: Home) -> int | None:
    """The process id of the supervisor that holds this home now; None when nobody does."""
    try:
        with home.lock.open(encoding="utf-8") as lock:
            if not _is_held(lock.fileno()):
                return None
            told = lock.read().strip()
    except FileNotFoundError:
        return None
    return int(told) if told.isdecimal() else None


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def replace_file(path: Path, content: bytes) -> None:
    """Give `path` this content as a whole: a reader, or a crash, meets the old one or the new one."""
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
