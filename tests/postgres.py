"""Owns Postgres servers for tests: a real one of the machine's own programs, and databases of a test's own on it.

Goes to: the fixtures `postgres` and `databases`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from local.ports import HOST, free_ports
from tests.facts import eventually

MISSING = "PostgreSQL is missing"
"""The reason of the skip where the machine has no server programs."""
_USER, _PASSWORD = "tests", "known to the tests alone"
_DATABASE = "postgres"
_START_S = 60.0
_STOP_S = 30.0
_SETTINGS = ("fsync=off", "full_page_writes=off", "unix_socket_directories=", f"listen_addresses={HOST}")
"""A server that need not outlive a power cut, and that only this machine reaches."""


def programs() -> Path | None:
    """The folder with Postgres's server programs, the newest where there are several; None without any."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    named = folders[-1] if folders else found
    return Path(named).resolve().parent if named else None


class Server:
    """A server in a folder of its own, stopped until `start`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """Make the server's files in `folder`, which must be its user's own."""
        self._programs, self._folder = programs, folder
        self._port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None
        self._make()

    @property
    def address(self) -> str:
        """Where the server is, with its user and password, as the tests reach it."""
        url = URL.create("postgresql", _USER, _PASSWORD, HOST, self._port, _DATABASE)
        return url.render_as_string(hide_password=False)

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self._port), *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._somebody())
        eventually(lambda: _answers(self._port), _START_S, f"Postgres answers ({self._folder / 'log'})")

    def stop(self) -> None:
        """End it, and every connection to it, in order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_STOP_S)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make(self) -> None:
        secret = self._folder / "secret"
        secret.write_text(_PASSWORD)
        secret.chmod(0o644)
        options = [*("-U", _USER, "--pwfile", str(secret), "-A", "scram-sha-256"), "--no-sync"]
        command = [
            str(self._programs / "initdb"),
            "-D",
            str(self._data),
            *options,
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self._somebody())

    def _somebody(self) -> dict[str, Any]:
        """Postgres refuses to run as root: the folder's owner runs it."""
        if os.geteuid() != 0:
            return {"cwd": self._folder}
        owner = self._folder.stat()
        return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": [], "cwd": self._folder}


@contextmanager
def own_folder() -> Iterator[Path]:
    """A temporary folder of an unprivileged user's, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """A started server; it ends with the block."""
    with own_folder() as folder:
        server = Server(programs, folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def databases_on(server: str) -> Iterator[Callable[[], str]]:
    """A maker of new, empty databases on a server, by their addresses; they are dropped afterwards."""
    made: list[str] = []

    def make() -> str:
        made.append(f"test_{os.getpid()}_{os.urandom(4).hex()}")
        execute(server, f'CREATE DATABASE "{made[-1]}"')
        return make_url(server).set(database=made[-1]).render_as_string(hide_password=False)

    try:
        yield make
    finally:
        for name in made:
            execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(address: str, *statements: str) -> None:
    """Carry out statements at an address, each at once, as its user."""
    url = make_url(address).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host=HOST, port=port, user=_USER, password=_PASSWORD, dbname=_DATABASE).close()
    except psycopg.OperationalError as error:
        raise ConnectionError(str(error)) from error
    return True
