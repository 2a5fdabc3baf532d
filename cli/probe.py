"""Owns the question of a health check, whether the process on a port of this machine is ready for work.

`python -m cli.probe 8081` ends with 0 or 1 and says why not. It is asked every few seconds: it may import
nothing that takes long. Goes to: the health checks of containers.
"""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

_HOST = "127.0.0.1"
_WAIT_S = 3.0


def trouble(port: int) -> str:
    """Why the process on this port does no work yet; empty when it answers `GET /healthz` with 200."""
    connection = HTTPConnection(_HOST, port, timeout=_WAIT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as problem:
        return f"port {port} does not answer: {problem}"
    finally:
        connection.close()
    return "" if status == HTTPStatus.OK else f"port {port} answers {status}"


if __name__ == "__main__":
    sys.exit(trouble(int(sys.argv[1])) or 0)
