"""Owns an HTTP server's socket and its orderly end, the same for every process that answers over HTTP.

May not: know what is answered. Goes to: the gateway and the page.
"""

import signal
import socket
from types import FrameType

import uvicorn

_BACKLOG = 2048


class CannotListen(RuntimeError):
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
