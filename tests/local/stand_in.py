"""A small program in the place of the `incidents` command: it takes its options and answers `/healthz`.

The supervisor is tested with it, so that its tests need no other package. `STAND_IN_FAILS=NAME` makes the
process of that name end with code 3 after one line.
"""

import argparse
import http.server
import os
import sys
import tomllib
from pathlib import Path
from typing import Any


class _Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """200 for everything."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class names it so
        """Say nothing."""


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--name", default="gateway")
    parser.add_argument("--health-port", type=int)
    told = parser.parse_args()
    settings = tomllib.loads(told.settings.read_text())
    if told.name == os.environ.get("STAND_IN_FAILS"):
        sys.exit("error: the stand-in was told to fail")
    own = {"web": "page", "gateway": "gateway"}.get(told.role)
    port = settings[own]["port"] if own else told.health_port
    http.server.HTTPServer(("127.0.0.1", port), _Health).serve_forever()


if __name__ == "__main__":
    main()
