"""Owns what a process says of itself: `GET /healthz`, 200 once it is ready for work and 503 before, and `GET /metrics`.

Both are for supervisors and for Prometheus, on a port of their own beside the one for senders or readers. May not:
say more than that. It listens on this machine alone, unless it is told another address.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from schemas.metrics import PROCESS, READY
from wire.listening import CannotListen
from wire.meters import CONTENT_TYPE, text, watch

HERE: Final = "127.0.0.1"
_SLOW_S: Final = 5.0


class Health:
    """Listens from the start; `ready()` makes it answer 200. Port None: no listener."""

    def __init__(self, name: str, build: str, port: int | None, host: str = HERE) -> None:
        """Raises CannotListen where the address is taken or none of this machine's."""
        self._ready = threading.Event()
        watch(PROCESS, lambda: {(name, build): 1.0})
        watch(READY, lambda: {(): float(self._ready.is_set())})
        if port is None:
            return
        try:
            server = ThreadingHTTPServer((host, port), _handler(self._ready))
        except OSError as problem:
            raise CannotListen(
                f"{name} cannot listen for health checks on {host}:{port}: {problem.strerror}; stop what uses it, or "
                "choose another --health-port or --health-host"
            ) from problem
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()

    def ready(self) -> None:
        """The process can do its work from now on."""
        self._ready.set()


def _handler(ready: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SLOW_S

        def do_GET(self) -> None:
            if self.path.partition("?")[0] == "/metrics":
                self._answer(200, CONTENT_TYPE, text())
                return
            known = self.path == "/healthz"
            status = (200 if ready.is_set() else 503) if known else 404
            self._answer(status, "text/plain", b"ready\n" if ready.is_set() else b"not ready\n")

        def _answer(self, status: int, content_type: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's own signature
            """Health checks come every second; nobody wants them in the log."""

    return Handler
