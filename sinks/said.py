"""Owns what people have said of an incident, as the tables have it: also what no packet holds, or none any more.

May not: write. Goes to: the page, and the terminal.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from schemas.feedback import Feedback
from schemas.packets import Candidate, Packet
from sinks.feedback_table import FEEDBACK
from sinks.queries import Event
from sinks.tables import CANDIDATES
from streams.hearing import statement

_MOST = 200


def beside(connection: Connection, candidate: Candidate, packet: Packet) -> list[Event]:
    """What was said of an incident, or of what became part of it, and does not stand in its packet, in order.

    It has just come, was taken back, or came when the incident had long been over.
    """
    told = {one.feedback_id for one in packet.feedback}
    merged = select(CANDIDATES.c.candidate_id).where(
        CANDIDATES.c.tenant == candidate.tenant, CANDIDATES.c.merged_into == candidate.candidate_id
    )
    names = [candidate.candidate_id, *connection.execute(merged).scalars()]
    ours = select(FEEDBACK.c.body).where(
        FEEDBACK.c.tenant == candidate.tenant, FEEDBACK.c.candidate_id.in_(names)
    )
    order = ours.order_by(FEEDBACK.c.given_at, FEEDBACK.c.feedback_id).limit(_MOST)
    said = (Feedback.model_validate_json(body) for body in connection.execute(order).scalars())
    return list(_events(one for one in said if one.feedback_id not in told))


def _events(said: Iterable[Feedback]) -> Iterable[Event]:
    return (Event(one.given_at, one.kind, statement(one)) for one in said)
