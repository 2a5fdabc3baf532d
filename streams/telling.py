"""What becomes of what a person says: the feedback under their name, and the audit entry that comes before it.

Who they are is told by whoever let them in, never by what they sent. Pure; the same for the page and the gateway.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.audit import AuditEntry, Position
from schemas.feedback import Feedback
from schemas.identity import digest
from streams.redact import redact

TOLD: Final = "told"
"""The decision under which the audit log holds that a person has said something, before it counts."""
OWN: Final = frozenset({"feedback_id", "person", "via", "given_at"})
"""The fields that are never taken from what was sent."""
_MOST_DETAIL: Final = 500


class Unclear(ValueError):
    """What was sent says nothing that can be taken in. The text is one line that says what to do."""


class Person(NamedTuple):
    """Somebody who has proven who they are, for which tenant they speak, and by which way they came."""

    name: str
    tenant: str
    via: str


def feedback_from(said: Mapping[str, Any], person: Person, at: int, drawn: str) -> Feedback:
    """The feedback; `drawn` tells two of the same person apart, and the same one sent again is the same.

    `at` in microseconds. Raises Unclear for what says too little, too much, or something else.
    """
    for field in OWN & said.keys():
        raise Unclear(f"{field} is not yours to say: leave it out")
    identity = "f-" + digest("feedback", person.tenant, person.name, drawn)
    given = {"feedback_id": identity, "person": person.name[:200], "via": person.via, "given_at": at}
    masked = redact(dict(said))
    try:
        return Feedback.model_validate({**(masked if isinstance(masked, dict) else {}), **given})
    except ValidationError as wrong:
        raise Unclear(_told(wrong)) from wrong


def intent_of(feedback: Feedback, tenant: str, build: str, settings_hash: str) -> AuditEntry:
    """The entry that has to be acknowledged before the feedback is sent."""
    shown = feedback.model_dump(include={"source_ref", "into", "team", "cause", "undoes", "note"})
    details = {name: str(value)[:_MOST_DETAIL] for name, value in shown.items() if value}
    if feedback.alerts:
        details["alerts"] = str(len(feedback.alerts))
    return AuditEntry(
        decision_id=digest(TOLD, tenant, feedback.feedback_id),
        tenant=tenant,
        subject=feedback.candidate_id,
        decision=TOLD,
        actor=feedback.person,
        at=feedback.given_at,
        position=Position(topic=feedback.via, partition=0, offset=0),
        build=build,
        settings_hash=settings_hash,
        details={"feedback": feedback.feedback_id, "kind": feedback.kind, **details},
    )


def _told(wrong: ValidationError) -> str:
    """The first thing that is wrong, and what to do."""
    first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
