"""What people say in the stories of the shop, as the page or the gateway makes it.

Goes to: the tests of the core that have people in them.
"""

from schemas.feedback import AlertName, Feedback
from schemas.packets import Candidate, Packet
from streams.telling import Person, feedback_from
from tests.streams.world import TENANT, Sent, World, at

PERSON = "h.nakamura"


def says(kind: str, candidate: str, *, when: float, who: str = PERSON, **more: object) -> Sent:
    """One person says something about a candidate in production; under a name of its own by `when` and `kind`."""
    said = {"kind": kind, "candidate_id": candidate, "environment": "production", **more}
    return Sent(feedback_from(said, Person(who, TENANT, "page"), at(when), f"{kind} {when}"), when)


def id_of(sent: Sent) -> str:
    """The id of what was said."""
    assert isinstance(sent.message, Feedback)
    return sent.message.feedback_id


def named(candidate: Candidate, *services: str) -> tuple[AlertName, ...]:
    """The names of a candidate's alerts of these services."""
    return tuple(
        AlertName(fingerprint=member.fingerprint, starts_at=member.starts_at)
        for member in candidate.members
        if member.service in services
    )


def candidate_of(world: World, service: str) -> Candidate:
    """The one latest candidate with an alert of this service."""
    [found] = [
        one for one in world.candidates().values() if any(member.service == service for member in one.members)
    ]
    return found


def packet_of(world: World, candidate: Candidate) -> Packet:
    """The latest packet of a candidate."""
    return [p for p in world.packets() if p.candidate.candidate_id == candidate.candidate_id][-1]
