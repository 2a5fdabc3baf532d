"""Owns databases that are slow to answer: a server behind a line that delays, a file that somebody else mostly holds.

Goes to: the tests of the sink, and the campaign.
"""

import random
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from local.ports import HOST

_PIECE = 16_384
_HELD_S = (0.2, 1.4)
_FREE_S = (0.05, 0.35)


class Line:
    """A way to a server on which each piece of what is said, either way, takes `delay_s` longer."""

    def __init__(self, host: str, port: int, delay_s: float) -> None:
        self.pieces = 0
        """How many were delayed."""
        self._server, self._delay_s = (host, port), delay_s
        self._listening = socket.create_server((HOST, 0))
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it begins."""
        return int(self._listening.getsockname()[1])

    def close(self) -> None:
        """Nobody else gets on; what is said already arrives."""
        self._listening.close()

    def _take(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):  # either has hung up
            while piece := one.recv(_PIECE):
                self.pieces += 1
                time.sleep(self._delay_s)
                other.sendall(piece)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)


@contextmanager
def slow_line(address: str, delay_s: float) -> Iterator[tuple[str, Line]]:
    """The address of the same database at the end of such a line."""
    url = make_url(address)
    line = Line(url.host or HOST, url.port or 5432, delay_s)
    try:
        yield url.set(host=HOST, port=line.port).render_as_string(hide_password=False), line
    finally:
        line.close()


@contextmanager
def mostly_held(file: Path, chance: random.Random) -> Iterator[None]:
    """In the block somebody else holds the lock of an SQLite file four fifths of the time: every write waits."""
    over = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as holder:
            while not over.is_set():
                holder.execute("begin immediate")
                over.wait(chance.uniform(*_HELD_S))
                holder.execute("rollback")
                over.wait(chance.uniform(*_FREE_S))

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        yield
    finally:
        over.set()
        holding.join()
