"""What an answer of Prometheus says: the number at either end of the window, or why there is none. Pure.

Nothing is guessed: one series, whose numbers stand at the ends of the window, or no number.
"""

from typing import Any, Final, NamedTuple

import orjson

from schemas.answers import Answer, AnswerFacts, Outcome
from schemas.times import MINUTE, SECOND
from streams.answers import is_number
from streams.queries import Query
from streams.redact import redact, redact_text

_MOST_DETAIL: Final = 200
_MOST_KEPT: Final = 2_000
"""Bytes that are kept of what is no JSON."""


class Came(NamedTuple):
    """What came back: the HTTP status and the body, or why none did."""

    status: int = 0
    body: bytes = b""
    failed: Outcome | None = None
    """unreachable, timed_out or too_large, where there is nothing to read."""
    detail: str = ""


def answer_of(query: Query, came: Came, asked_at: int, link: str) -> Answer:
    """The answer as it is published, with its original; raises nothing for any bytes."""
    read = _read(query.about, came)
    detail = redact_text(" ".join(str(read.get("detail", "")).split()))[:_MOST_DETAIL]
    about = query.about.model_dump() | read | {"detail": detail, "asked_at": asked_at, "link": link[:2000]}
    return Answer.model_validate({**about, "original": _original(query, came)})


def _read(about: AnswerFacts, came: Came) -> dict[str, Any]:
    if came.failed is not None:
        return {"outcome": came.failed, "detail": came.detail}
    try:
        told = orjson.loads(came.body)
        if told["status"] != "success":
            outcome = "timed_out" if told.get("errorType") == "timeout" else "refused"
            return {"outcome": outcome, "detail": f"{told.get('errorType', '')}: {told.get('error', '')}"}
        return _values(about, told["data"]["result"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, IndexError):
        outcome = "malformed" if came.status in range(200, 300) else "refused"
        return {"outcome": outcome, "detail": f"HTTP {came.status}"}


def _values(about: AnswerFacts, series: list[dict[str, Any]]) -> dict[str, Any]:
    if not series:
        return {"outcome": "empty"}
    if len(series) > 1 and about.aspect != "check":
        return {"outcome": "malformed", "detail": f"{len(series)} series instead of one"}
    points = series[0]["values"]
    now = _at(points, about.closes)
    before = _at(points, about.opens)
    if now is None:
        return {"outcome": "no_number", "detail": "" if points else "no point in the window"}
    return {"outcome": "answered", "value": now, "before": before if about.aspect != "check" else None}


def _at(points: list[list[Any]], moment: int) -> str | None:
    """The number within a minute of a moment: what is not known there is not taken from elsewhere."""
    timed = [(abs(round(at * SECOND) - moment), raw) for at, raw in points if isinstance(raw, str)]
    away, raw = min(timed, default=(MINUTE + 1, ""))
    return raw if away <= MINUTE and is_number(raw) else None


def _original(query: Query, came: Came) -> str:
    """The query and what came, as JSON; what is no JSON stands in it as text."""
    try:
        body = redact(orjson.loads(came.body)) if came.body else None
    except orjson.JSONDecodeError:
        body = redact_text(came.body[:_MOST_KEPT].decode("utf-8", "replace"))
    about = query.about
    asked = {
        "source": about.source,
        "query": about.query,
        "start": about.opens / SECOND,
        "end": about.closes / SECOND,
        "step": query.step_s,
        "http_status": came.status,
        "failed": came.failed,
        "answer": body,
    }
    return orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode()
