"""Owns asking a process whether it is ready for work.

May not: decide what follows from the answer. Goes to: `local.watch`.
"""

import http.client
import urllib.request

_TIMEOUT_S = 1.0
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is asked directly, whatever proxy the environment names."""


def answers(address: str) -> bool:
    """Whether GET `address` gives 200 within a second."""
    try:
        with _NO_PROXY.open(address, timeout=_TIMEOUT_S) as response:
            return bool(response.status == http.client.OK)
    except (OSError, http.client.HTTPException):
        return False
