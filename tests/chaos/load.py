"""Owns sending a recording under faults: over several connections, each delivery again until it is answered.

Between two ticks the order of deliveries does not matter, so they go side by side; a tick goes when all before it have
been answered. May not: know what is done to the system. Goes to: `tests.chaos.campaign`.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from cli.home_tokens import REPLAY, token_of
from local.home import Home
from schemas.times import format_time
from sources.recording import Delivery, Tick
from tests.endtoend.whole import Whole

_LANES: Final = 6
_PATIENCE_S: Final = 240.0
_PAUSE_S: Final = 0.25
_TIMEOUT_S: Final = 30.0
_AGAIN: Final = frozenset({429, 503})
_HEARD: Final = frozenset({202, 400})
_MOST: Final = 100
"""Deliveries between two looks at the faults."""


class NotTaken(RuntimeError):
    """The gateway stays away, or says what it should not. The text is one line."""


class Load:
    """The sender. `sent` deliveries have been answered; `again` counts, by line, what was posted once more."""

    def __init__(self, whole: Whole, tenant: str) -> None:
        self.sent = 0
        self.again: Counter[int] = Counter()
        self._address = urlsplit(whole.status.gateway).netloc
        self._path = f"/t/{tenant}/v1"
        self._token = token_of(Home(whole.home), REPLAY)
        self._lock = threading.Lock()
        self._lane = threading.local()
        self._connections: list[http.client.HTTPConnection] = []

    def send(self, steps: Iterable[Delivery | Tick]) -> Iterator[int]:
        """Send everything; gives the number of deliveries answered so far, again and again. Raises NotTaken."""
        with ThreadPoolExecutor(_LANES) as lanes:
            for window in _windows(steps):
                list(lanes.map(self._one, window))
                yield self.sent
        for connection in self._connections:
            connection.close()

    def _one(self, step: Delivery | Tick) -> None:
        if isinstance(step, Tick):
            told = {"end": True} if step.is_end else {"at": format_time(step.at)}
            self._post("tick", json.dumps(told).encode(), {}, 0)
            return
        body = step.body.encode() if isinstance(step.body, str) else json.dumps(step.body).encode()
        self._post(step.source, body, {"x-received-at": format_time(step.received_at)}, step.line)
        with self._lock:
            self.sent += 1

    def _post(self, route: str, body: bytes, headers: dict[str, str], line: int) -> None:
        """Post until it is answered for good."""
        end = time.monotonic() + _PATIENCE_S
        while (told := self._try(route, body, headers)) not in _HEARD:
            if told not in _AGAIN and told is not None:
                raise NotTaken(f"the gateway answered {told} to line {line} for {route}")
            if time.monotonic() > end:
                raise NotTaken(f"line {line} for {route} was not taken within {_PATIENCE_S:g} s")
            with self._lock:
                self.again[line] += 1
            time.sleep(_PAUSE_S)

    def _try(self, route: str, body: bytes, headers: dict[str, str]) -> int | None:
        """The status of one request; None where nothing was heard."""
        connection = self._connection()
        try:
            connection.request(
                "POST",
                f"{self._path}/{route}",
                body,
                {
                    "authorization": f"Bearer {self._token}",
                    "content-type": "application/json",
                    **headers,
                },
            )
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        return answer.status

    def _connection(self) -> http.client.HTTPConnection:
        """The lane's own."""
        if not hasattr(self._lane, "connection"):
            self._lane.connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT_S)
            self._connections.append(self._lane.connection)
        connection: http.client.HTTPConnection = self._lane.connection
        return connection


def _windows(steps: Iterable[Delivery | Tick]) -> Iterator[list[Delivery | Tick]]:
    """What may go side by side: a tick alone, the deliveries between two ticks in pieces."""
    waiting: list[Delivery | Tick] = []
    for step in steps:
        if isinstance(step, Tick):
            yield from _pieces(waiting)
            yield [step]
            waiting = []
        else:
            waiting.append(step)
    yield from _pieces(waiting)


def _pieces(steps: list[Delivery | Tick]) -> Iterator[list[Delivery | Tick]]:
    rest = iter(steps)
    while piece := list(islice(rest, _MOST)):
        yield piece
