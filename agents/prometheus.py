"""Owns asking one Prometheus one question over HTTP: read-only, with an end in time and size, and no redirects.

May not: choose a question, judge an answer, or raise for anything that comes back. Goes to: `agents.querier`.
"""

import time
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx

from schemas.querying import PrometheusSource, QuerierSettings
from schemas.times import SECOND, format_time
from streams.answering import Came
from streams.queries import Query

_PATH: Final = "/api/v1/query_range"
"""The one address that is asked; it reads, whatever the expression."""


class Prometheus:
    """A client of any Prometheus. Nothing of the environment, such as a proxy, is used."""

    def __init__(self, settings: QuerierSettings) -> None:
        """Open no connection yet."""
        self._settings = settings
        self._client = httpx.Client(
            timeout=settings.timeout_s,
            follow_redirects=False,
            trust_env=False,
            # Of compressed answers it would not be known how large they are before they are.
            headers={"accept-encoding": "identity", "accept": "application/json"},
        )

    def ask(self, source: PrometheusSource, query: Query) -> Came:
        """What came; takes at most twice the longest time of the settings."""
        about, end = query.about, time.monotonic() + self._settings.timeout_s
        asked: dict[str, str | float] = {
            "query": about.query,
            "start": about.opens / SECOND,
            "end": about.closes / SECOND,
            "step": query.step_s,
            "timeout": f"{self._settings.timeout_s:g}s",
        }
        try:
            headers = _authorization(source)
            with self._client.stream("GET", source.url + _PATH, params=asked, headers=headers) as response:
                return _read(response, end, self._settings.most_bytes)
        except httpx.TimeoutException as late:
            return Came(failed="timed_out", detail=type(late).__name__)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as wrong:
            return Came(failed="unreachable", detail=type(wrong).__name__)

    def close(self) -> None:
        """Leave every connection."""
        self._client.close()


def _read(response: httpx.Response, end: float, most_bytes: int) -> Came:
    body = b""
    for part in response.iter_raw():
        body += part
        if len(body) > most_bytes:
            return Came(response.status_code, failed="too_large", detail=f"over {most_bytes} bytes")
        if time.monotonic() > end:
            return Came(response.status_code, failed="timed_out", detail="it was still answering")
    return Came(response.status_code, body)


def _authorization(source: PrometheusSource) -> dict[str, str]:
    if source.token_file is None:
        return {}
    return {"authorization": f"Bearer {Path(source.token_file).read_text('utf-8').strip()}"}


def link_of(source: PrometheusSource, query: Query) -> str:
    """Where a person can ask the same."""
    about = query.about
    asked = {
        "g0.expr": about.query,
        "g0.tab": "0",
        "g0.range_input": f"{(about.closes - about.opens) // SECOND}s",
        "g0.end_input": format_time(about.closes)[:19].replace("T", " "),
    }
    return f"{source.url}/graph?{urlencode(asked)}"
