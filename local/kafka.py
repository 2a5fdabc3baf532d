"""Owns one embedded broker: a real Apache Kafka (KRaft, a single node) with its own folder and ports.

May not: create topics, know what the records mean, be used in production. Goes to: `local.supervisor`
and the tests, which hand its `bootstrap` to everything else.
"""

import base64
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local import process
from local.errors import LocalError
from local.kafka_files import KafkaFiles, Progress, resolve_kafka
from local.kafka_settings import broker_settings
from local.ports import HOST, free_ports, is_free

T = TypeVar("T")

_START_S = 180.0
_NEEDED_BYTES = 256 * 1024 * 1024
_TRIES = 3
"""Starts with newly chosen ports before giving up: another program may take a port that was just free."""

_HEAP = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData")
_QUIET = ("--sun-misc-unsafe-memory-access=allow",)
"""Kafka's use of a deprecated method is not news to anybody who reads its log."""
_FOREIGN = frozenset({"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"})
"""Variables by which another Java program's settings would reach this one."""

_CAUSES = (
    ("Address already in use", "port in use: another program listens on one of its ports"),
    ("No space left on device", "no room left on the disk"),
    ("Failed to acquire lock on file", "another broker already uses this folder"),
    ("Cannot allocate memory", "not enough memory: 512 MB must be free"),
    ("OutOfMemoryError", "not enough memory: 512 MB must be free"),
    ("Invalid cluster.id", "the folder holds data of another cluster; remove it"),
)
"""What the broker's log says, and how a person is told."""


@dataclass(frozen=True)
class Ports:
    """The broker's two ports on the loopback address."""

    client: int
    controller: int


@dataclass(frozen=True)
class Broker:
    """A running broker: where it answers, its process, its folder and its log."""

    bootstrap: str
    pid: int
    folder: Path
    log: Path
    ports: Ports
    child: process.Child = field(repr=False, compare=False)


def start_broker(folder: Path, *, progress: Progress, ports: Ports | None = None) -> Broker:
    """Start a broker whose data is `folder`/data, kept from an earlier start, and wait until it answers.

    Without `ports` free ones are chosen. The broker ends with this process, however that ends.
    LocalError when Kafka cannot be fetched, a given port is in use, there is no room, or it does not start.
    """
    _check_room(folder)
    if ports is not None:
        _check_ports(ports)
    files = resolve_kafka(progress)
    progress("starting Kafka")
    for attempt in range(1, _TRIES + 1):
        chosen = ports or Ports(*free_ports(2))
        broker = _launch(folder, files, chosen)
        try:
            return _when_it_answers(broker)
        except LocalError:
            if ports is not None or attempt == _TRIES or _are_free(chosen):
                raise
    raise AssertionError("the last attempt returns or raises")


def launch_broker(folder: Path, ports: Ports) -> Broker:
    """Start the broker of this folder on these ports without waiting for its answer; see `accepts`."""
    _check_room(folder)
    _check_ports(ports)
    return _launch(folder, resolve_kafka(_say_nothing), ports)


def stop_broker(broker: Broker) -> None:
    """Stop the broker in order, so that its next start needs no recovery; its data stays."""
    process.stop(broker.child)


def kill_broker(broker: Broker) -> None:
    """End the broker at once, as kill -9 does; what it had acknowledged is still in its data folder."""
    process.kill(broker.child)


def accepts(ports: Ports) -> bool:
    """Whether something takes connections on the broker's client port."""
    try:
        socket.create_connection((HOST, ports.client), timeout=1.0).close()
    except OSError:
        return False
    return True


def _check_room(folder: Path) -> None:
    if "," in str(folder):
        raise LocalError(
            f"Kafka cannot keep its data in {folder}: the path has a comma; choose another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(f"Kafka's folder {folder} cannot be made: {error.strerror}") from error
    if shutil.disk_usage(folder).free < _NEEDED_BYTES:
        raise LocalError(f"no room for Kafka's data in {folder}: {_NEEDED_BYTES >> 20} MB must be free")


def _are_free(ports: Ports) -> bool:
    return is_free(ports.client) and is_free(ports.controller)


def _check_ports(ports: Ports) -> None:
    for port in (ports.client, ports.controller):
        if not is_free(port):
            raise LocalError(f"port {port} is in use; stop what listens there or choose another port")


def _say_nothing(_line: str) -> None:
    """Nobody waits for this line."""


def _launch(folder: Path, files: KafkaFiles, ports: Ports) -> Broker:
    folder = folder.resolve()
    (folder / "tmp").mkdir(exist_ok=True)
    (folder / "server.properties").write_text(_settings(folder, ports), encoding="utf-8")
    _format(folder, files)
    log = folder / "broker.log"
    if log.exists():
        log.replace(folder / "broker.log.1")
    child = _java(folder, files, log, "kafka.Kafka", str(folder / "server.properties"))
    return Broker(f"{HOST}:{ports.client}", child.pid, folder, log, ports, child)


def _when_it_answers(broker: Broker) -> Broker:
    try:
        _wait_until_it_answers(broker)
    except BaseException:
        process.kill(broker.child)
        raise
    return broker


def _settings(folder: Path, ports: Ports) -> str:
    return broker_settings(folder / "data", ports.client, ports.controller, HOST)


def _format(folder: Path, files: KafkaFiles) -> None:
    """Lay out an empty data folder; one whose layout was cut short has no meta.properties and starts anew."""
    data = folder / "data"
    if (data / "meta.properties").exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    log = folder / "format.log"
    arguments = ("format", "-t", cluster_id(uuid.uuid4().bytes), "-c", str(folder / "server.properties"))
    child = _java(folder, files, log, "kafka.tools.StorageTool", *arguments)
    code = _wait(child.exit_code, _START_S)
    process.kill(child)
    if code != 0:
        raise LocalError(f"Kafka's data folder could not be laid out: {_cause(log)}")


def cluster_id(chance: bytes) -> str:
    """16 bytes as Kafka writes an id: 22 characters, the first a letter (a dash would be taken for an option)."""
    return base64.urlsafe_b64encode(bytes([chance[0] & 0x7F]) + chance[1:16]).decode()[:22]


def _java(folder: Path, files: KafkaFiles, log: Path, main_class: str, *arguments: str) -> process.Child:
    command = (
        str(files.java),
        *_HEAP,
        *_QUIET,
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        f"-XX:ErrorFile={folder / 'crash.log'}",
        f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.yaml')}",
        "-cp",
        files.class_path,
        main_class,
        *arguments,
    )
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    # Under the POSIX locale Java cannot open a path with a letter beyond ASCII.
    environment = {**kept, "LC_ALL": "C.UTF-8"}
    return process.spawn("Kafka", command, log=log, environment=environment, folder=folder)


def _wait_until_it_answers(broker: Broker) -> None:
    # log_level: failed connections are expected while the broker starts, and are not printed.
    admin = AdminClient(
        {"bootstrap.servers": broker.bootstrap, "reconnect.backoff.max.ms": 100, "log_level": 0}
    )
    answered = _wait(lambda: broker.child.exit_code() is not None or _answers(admin), _START_S)
    if broker.child.exit_code() is not None or not answered:
        raise LocalError(f"Kafka did not start: {_cause(broker.log)}")


def _answers(admin: AdminClient) -> bool:
    try:
        return bool(admin.list_topics(timeout=0.5).brokers)
    except KafkaException:
        return False


def _wait(fact: Callable[[], T], deadline_s: float) -> T:
    """What `fact` gave when it first was something, or after the deadline; asked twenty times a second."""
    end = time.monotonic() + deadline_s
    while True:
        value = fact()
        if (value is not None and value is not False) or time.monotonic() > end:
            return value
        time.sleep(0.05)


def _cause(log: Path) -> str:
    """The reason that a person can act on, or the last line of the log."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    for sign, told in _CAUSES:
        if sign in text:
            return f"{told} (log: {log})"
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "its log is empty")
    return f"{last.strip()[:300]} (log: {log})"
