"""What comes twice, late or before its time, as a responder sees it."""

from schemas.packets import Candidate
from tests.streams.said import packet_of
from tests.streams.world import Sent, World, alert, fires, shop


def _only(world: World) -> Candidate:
    [found] = world.candidates().values()
    return found


def test_what_a_pair_of_alertmanagers_sends_is_one_alert() -> None:
    """Both notify of the same start, seconds apart and each in its own words: one member, and a repeat."""
    made = alert("payment", start=100)
    twin = made.model_copy(update={"source_ref": "alertmanager:b/1", "original": made.original + " "})
    found = _only(shop(Sent(made, 101), Sent(twin, 104)))
    assert (1, 1) == (len(found.members), found.repeats)


def test_a_parent_that_arrives_late_takes_the_incident_and_the_blame_over() -> None:
    """Checkout was paged for first; payment, which it needs, began before it and is heard of a minute later."""
    world = shop(fires("checkout", 130), ended=False)
    before = _only(world)
    assert ("checkout",) == before.root_services
    world.send([Sent(alert("payment", start=100), 190)])
    after = _only(world)
    assert ("payment", "checkout") == after.root_services
    assert before.candidate_id != after.candidate_id
    gone = [o.message for o in world.outputs if isinstance(o.message, Candidate) and o.message.merged_into]
    assert [(before.candidate_id, after.candidate_id)] == [(c.candidate_id, c.merged_into) for c in gone]


def test_an_alert_that_resolved_before_it_was_heard_of_leaves_no_open_incident() -> None:
    """Its start comes after its end: what is over stays over."""
    over, begun = alert("payment", start=100, status="resolved", end=160), alert("payment", start=100)
    found = _only(shop(Sent(over, 161), Sent(begun, 170)))
    assert "resolved" == found.state


def test_a_flapping_alert_is_one_incident_whose_packet_counts_it() -> None:
    """Off and on again every two minutes: its episodes are members of one candidate, by the same alert."""
    sent = [
        Sent(alert("payment", start=start, status="resolved", end=start + 60), start + 61)
        for start in (100, 220, 340)
    ]
    world = shop(*sent)
    found = _only(world)
    assert ["first", "same_alert", "same_alert"] == [member.rule for member in found.members]
    [line] = packet_of(world, found).failing
    assert 3 == line.alerts
