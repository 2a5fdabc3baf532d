"""Owns taking in what a person says over HTTP: the intent on record, then the feedback, then the answer.

May not: believe who they say they are, or go on without an acknowledgement. Goes to: `feedback`, by the gateway.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from schemas.audit import AuditEntry
from schemas.codec import encode
from schemas.events import HEADER_INGESTED_AT, HEADER_TENANT
from schemas.feedback import Feedback
from schemas.identity import content_hash
from schemas.settings import Settings
from sources.answers import answer
from sources.bodies import body_of
from sources.letters import Raw
from sources.persons import person_of
from sources.tenancy import Denied
from streams.telling import Person, Unclear, feedback_from, intent_of
from wire.durable import Durable
from wire.record import Outgoing

_LONGEST_ID: Final = 100


async def told(request: Request, settings: Settings, durable: Durable, at: int, build: str) -> Response:
    """What becomes of a request; `at`, its ingest time, in microseconds. Raises Denied, or NotAcknowledged."""
    limit = settings.gateway.max_body_bytes
    person = person_of(request.path_params.get("tenant"), request.headers.get("authorization"), settings)
    body = await body_of(request, settings.gateway)
    if isinstance(body, Raw):
        raise Denied(413, "too_large", f"more than {limit} bytes: name fewer alerts")
    feedback = read_told(body, person, settings, at)
    intent = intent_of(feedback, person.tenant, build, settings.fold_hash())
    await durable.publish([_intent(intent)])
    await durable.publish([feedback_record(feedback, person.tenant)])
    said = {"feedback_id": feedback.feedback_id, "person": feedback.person, "tenant": person.tenant}
    name = f"{feedback.kind} of {feedback.candidate_id}"
    return answer(202, {**said, "published": [{"path": "", "topic": "feedback", "name": name}]})


def read_told(body: bytes, person: Person, settings: Settings, at: int) -> Feedback:
    """What a body says; `at` in microseconds. Raises Denied (400) with what to do.

    Its `id` is the sender's, drawn once: sent again, it is the same feedback. Without one it is made of content and
    time.
    """
    said = _object(body)
    drawn = said.pop("id", None)
    if drawn is not None and not (isinstance(drawn, str) and 0 < len(drawn) <= _LONGEST_ID):
        raise Denied(
            400, "bad_id", f"id is a text of at most {_LONGEST_ID} characters, drawn once before sending"
        )
    tenant = settings.tenant(person.tenant)
    usual = {"environment": tenant.default_environment} if tenant else {}
    try:
        return feedback_from({**usual, **said}, person, at, drawn or f"{at} {content_hash(body)}")
    except Unclear as wrong:
        raise Denied(400, "unclear", str(wrong)) from wrong


def feedback_record(feedback: Feedback, tenant: str) -> Outgoing:
    """The feedback as a record."""
    key = f"{tenant}/{feedback.environment}".encode()
    stamps = ((HEADER_TENANT, tenant.encode()), (HEADER_INGESTED_AT, str(feedback.given_at).encode()))
    return Outgoing("feedback", key, encode("feedback", feedback), stamps)


def _intent(entry: AuditEntry) -> Outgoing:
    headers = ((HEADER_TENANT, entry.tenant.encode()),)
    key = f"{entry.tenant}/{entry.subject}".encode()
    return Outgoing("audit-entries", key, encode("audit-entries", entry), headers)


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Denied(400, "not_json", f"the body is no JSON: {error}") from error
    if not isinstance(said, Mapping):
        raise Denied(400, "not_an_object", 'feedback is an object: {"kind": ..., "candidate_id": ..., ...}')
    return dict(said)
