"""Owns an HTTP server's socket, its patience and its orderly end, the same for every process that answers over HTTP.

May not: know what is answered. Goes to: the gateway and the page.
"""

import asyncio
import signal
import socket
from types import FrameType
from typing import Any, ClassVar, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from schemas.problem import Problem

WHOLE: Final = "incidents.whole"
"""In the scope of a request whose body has come: nobody has to be waited for."""
_BACKLOG = 2048


class CannotListen(Problem, RuntimeError):
    """The port cannot be had. The text is one line for a person."""


def listen(what: str, host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 picks a free one. CannotListen where the port is in use or not allowed.

    `what`: the name of the process, and of its settings.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotListen(
            f"the {what} cannot listen on {host} port {port}: {error.strerror};"
            f" stop what uses it, or set {what}.port (0 picks a free one)"
        ) from error
    return listening


class OrderlyServer(uvicorn.Server):
    """Ends in order on a signal, and leaves the exit code to its process."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """First signal: answer what is under way. A second SIGINT: at once."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


class Impatient(HttpToolsProtocol):
    """A connection that is cut when its client sends its headers, or takes what it asked for, too slowly."""

    slow_s: ClassVar[float] = 10.0
    _waiting: asyncio.TimerHandle | None = None
    _in_headers = False

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn's own type
        """A client has come: it has so long for its first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Something has come; where it ends within headers, the client has so long for the rest of them."""
        super().data_received(data)
        if self._in_headers and self._waiting is None:
            self._wait()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._done()
        self._in_headers = True

    def on_headers_complete(self) -> None:
        """The client has said what it wants."""
        self._in_headers = False
        self._done()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The whole request is there."""
        super().on_message_complete()
        self.scope[WHOLE] = True  # type: ignore[typeddict-unknown-key] # a server may add keys of its own

    def pause_writing(self) -> None:
        """The client does not take what is there for it."""
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        """It has taken some."""
        self._done()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was cut."""
        self._done()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._done()
        self._waiting = self.loop.call_later(self.slow_s, self.transport.abort)

    def _done(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def patience(slow_s: float) -> type[Impatient]:
    """The protocol of a server whose clients may take so long, in seconds."""
    return type("Patience", (Impatient,), {"slow_s": slow_s})
