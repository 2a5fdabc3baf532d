"""What people have said, as the tables have it: also what stands in no packet."""

from collections.abc import Callable

from schemas.feedback import Feedback
from schemas.packets import Packet
from sinks.rows import feedback_row
from sinks.said import beside
from sinks.store import create_tables, write
from sinks.tables import open_database
from tests.schemas.examples import example
from tests.sinks.published import TENANT, at_hand, cite, revise

PLACES, _ = at_hand()


def _said(packet: Packet, number: int, **changes: object) -> Feedback:
    said = example("feedback")
    assert isinstance(said, Feedback)
    about = {"candidate_id": packet.candidate.candidate_id, "feedback_id": f"f-{number}"}
    return said.model_copy(update={**about, **changes})


def test_what_its_packet_does_not_hold_is_told_beside_it(databases: Callable[[], str]) -> None:
    """Of the incident and of what became part of it, in order; what the packet holds is not told twice."""
    one, gone, other = (revise(cite(PLACES, name), name, 1) for name in ("one", "gone", "other"))
    merged = revise(gone, "gone", 2, state="merged", merged_into=one.candidate.candidate_id)
    [held] = one.feedback
    said = [
        _said(one, 1, kind="false_page", given_at=9, note=""),
        _said(gone, 2, kind="update_sent", given_at=5, note="by mail"),
        _said(other, 3),
        _said(one, 4, feedback_id=held.feedback_id),
    ]
    engine = open_database(databases())
    create_tables(engine)
    rows = [feedback_row(TENANT, one) for one in said]
    write(
        engine, [*rows, *rows], [one.candidate, merged.candidate, other.candidate], {}, {("feedback", 0): 4}
    )
    with engine.connect() as connection:
        found = beside(connection, one.candidate, one)
    engine.dispose()
    assert [
        "h.nakamura sent an internal update (by mail)",
        "h.nakamura calls it a false page",
    ] == [event.text for event in found]
