"""Owns a process's answer to `GET /healthz`: 200 once it is ready for work, 503 before.

May not: say more than that, or listen anywhere but on this machine. Goes to: supervisors and health checks.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_HOST = "127.0.0.1"


class Health:
    """Listens on a port of this machine from the start; `ready()` makes it answer 200. Port None: no listener."""

    def __init__(self, port: int | None) -> None:
        self._ready = threading.Event()
        if port is not None:
            server = ThreadingHTTPServer((_HOST, port), _handler(self._ready))
            threading.Thread(target=server.serve_forever, name="health", daemon=True).start()

    def ready(self) -> None:
        """The process can do its work from now on."""
        self._ready.set()


def _handler(ready: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/healthz"
            self.send_response((200 if ready.is_set() else 503) if known else 404)
            self.end_headers()
            self.wfile.write(b"ready\n" if ready.is_set() else b"not ready\n")

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's own signature
            """Health checks come every second; nobody wants them in the log."""

    return Handler
