"""Owns what the gateway answers: status and JSON for every outcome of a delivery.

Pure. Goes to: the gateway.
"""

import math
from collections.abc import Mapping
from typing import Final

import orjson
from starlette.responses import Response

from sources.intake import Intake
from sources.tenancy import Denied

RETRY_AFTER_S: Final = 2
REFUSED_AFTER_S: Final = 600
_SAID_WITH: Final = {401: {"www-authenticate": "Bearer"}, 408: {"connection": "close"}}
_LATER: Final = {"retry-after": str(RETRY_AFTER_S)}


def taken(intake: Intake) -> Response:
    """202 where anything was published or understood; 400 where everything was refused. Both lists in both."""
    good = bool(intake.published or intake.ignored)
    content: dict[str, object] = {
        "published": [
            {"path": one.path, "topic": one.record.topic, "name": one.name} for one in intake.published
        ],
        "ignored": [{"path": one.path, "reason": one.reason, "detail": one.detail} for one in intake.ignored],
        "refused": [
            {
                "path": one.refused.path,
                "reason": one.refused.reason,
                "detail": one.refused.detail,
                "letter": one.letter.letter_id,
            }
            for one in intake.rejected
        ],
    }
    if good:
        return answer(202, content)
    first = intake.rejected[0].refused
    return answer(400, {"error": first.reason, "detail": first.detail, **content})


def denied(problem: Denied) -> Response:
    """401, 404 or 408, with what to do."""
    return failed(problem.status, problem.reason, str(problem), _SAID_WITH.get(problem.status))


def busy() -> Response:
    """429: too many deliveries wait for Kafka."""
    return failed(429, "too_many_waiting", "too many deliveries wait for Kafka: send it again later", _LATER)


def too_fast(wait_s: float) -> Response:
    """429: this sender sends faster than it may."""
    detail = "this sender sends too often: put more items into one delivery, or send it again later"
    return failed(429, "too_fast", detail, {"retry-after": str(math.ceil(wait_s))})


def too_much_refused() -> Response:
    """429: this sender has had so much refused that no more of it is kept for now."""
    detail = "too much of this sender was refused within the last hour: mend it, and send it again later"
    return failed(429, "too_much_refused", detail, {"retry-after": str(REFUSED_AFTER_S)})


def unavailable(why: str) -> Response:
    """503: an acknowledgement is missing, so the sender has to send it again."""
    return failed(503, "not_acknowledged", f"{why}; send it again", _LATER)


def failed(status: int, reason: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Any other error: a code, and what to do in one line."""
    return answer(status, {"error": reason, "detail": detail}, headers)


def answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Response:
    """The content as JSON."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")
