"""What people say of a candidate: it shows at once, under their name, and counts wherever the candidate goes."""

import pytest

from schemas.audit import AuditEntry
from schemas.packets import Candidate, Packet
from streams.hearing import PERSON as FEATURE
from tests.streams.said import PERSON, candidate_of, id_of, named, packet_of, says
from tests.streams.world import Sent, World, at, fires, payment_incident, shop

FLAG = "test:flag/express@2026-02-03T03:00:40Z"
NOW = 200.0
"""When people begin to speak, in seconds of the story."""


def _incident(ended: bool = False) -> tuple[World, Candidate]:  # noqa: FBT001, FBT002 - a story's end
    world = shop(*payment_incident(), ended=False)
    if ended:
        world.tick(1000)
    return world, candidate_of(world, "payment")


def _told(world: World, *said: Sent) -> Packet:
    """The latest packet of the incident once this was said."""
    world.send(said)
    return world.packets()[-1]


def _decided(world: World, decision: str) -> list[AuditEntry]:
    entries = [o.message for o in world.outputs if isinstance(o.message, AuditEntry)]
    return [entry for entry in entries if entry.decision == decision]


def test_what_is_said_is_in_the_next_revision_under_its_persons_name() -> None:
    """In the time line, as a statement with its evidence, and as what is new."""
    world, incident = _incident()
    packet = _told(
        world, says("confirm", incident.candidate_id, when=NOW, source_ref=FLAG, note="off on one node")
    )
    [heard] = packet.feedback
    assert f"{PERSON} confirmed: flag express off -> on (off on one node)" == heard.claim.text
    assert heard.claim.text in packet.whats_new
    assert [heard.claim.text] == [m.text for m in packet.timeline if m.kind == "feedback"]
    [cited] = heard.claim.evidence
    assert ["feedback"] == [e.topic for e in packet.evidence if e.id == cited]


def test_a_confirmed_suspect_ranks_first_and_says_who_confirmed_it() -> None:
    """The machine goes on saying suspect; the verdict beside it is the person's."""
    world, incident = _incident()
    packet = _told(world, says("confirm", incident.candidate_id, when=NOW))
    top = packet.hypotheses[0]
    assert (None, "no recorded change is to blame") == (top.source_ref, top.title)
    assert top.verdict is not None
    assert top.verdict.text.startswith(f"{PERSON} confirmed: no recorded change is to blame, ")
    assert FEATURE in top.features
    assert 1 == pytest.approx(sum(hypothesis.confidence for hypothesis in packet.hypotheses), abs=1e-3)


def test_a_rejected_suspect_ranks_last_and_its_proposal_is_withdrawn() -> None:
    """At once in the packet, and on record once it has settled."""
    world, incident = _incident(ended=True)
    assert ["flag/express"] == [p.target for p in candidate_of(world, "payment").proposals]
    packet = _told(world, says("reject", incident.candidate_id, when=1010, source_ref=FLAG))
    assert (FLAG, ()) == (packet.hypotheses[-1].source_ref, packet.candidate.proposals)
    assert [] == _decided(world, "withdrawn")
    world.tick(1140)
    assert 1 == len(_decided(world, "withdrawn"))


def test_what_is_said_twice_under_one_id_is_said_once() -> None:
    """A repeated delivery changes nothing."""
    world, incident = _incident()
    said = says("false_page", incident.candidate_id, when=NOW)
    world.send([said])
    before = len(world.outputs)
    world.send([said])
    assert before == len(world.outputs)


def test_what_was_heard_is_on_record_once() -> None:
    """With who said what, and to which candidate it was counted."""
    world, incident = _incident()
    said = says("false_page", incident.candidate_id, when=NOW)
    world.send([said])
    world.tick(1000)
    world.tick(2000)
    [entry] = _decided(world, "heard")
    assert (incident.candidate_id, PERSON, id_of(said)) == (
        entry.subject,
        entry.details["person"],
        entry.details["feedback"],
    )


def test_it_follows_a_candidate_into_the_one_that_it_is_merged_into() -> None:
    """An earlier alert renames the candidate; what was said of the old name stands in the new one."""
    world, incident = _incident()
    world.send([says("false_page", incident.candidate_id, when=NOW)])
    world.send([Sent(fires(start=90, name="Earlier").message, NOW + 1)])
    renamed = candidate_of(world, "payment")
    assert incident.candidate_id != renamed.candidate_id
    assert ["false_page"] == [heard.kind for heard in packet_of(world, renamed).feedback]


def test_it_waits_for_a_candidate_that_is_not_known_yet() -> None:
    """The order of arrival does not matter."""
    _, incident = _incident()
    world = shop(says("false_page", incident.candidate_id, when=NOW), ended=False)
    world.send(payment_incident())
    assert ["false_page"] == [heard.kind for heard in packet_of(world, incident).feedback]


def test_what_is_taken_back_does_not_count() -> None:
    """The packet is as before, and says that it was taken back."""
    world, incident = _incident()
    before = world.packets()[-1]
    said = says("reject", incident.candidate_id, when=NOW, source_ref=FLAG)
    assert FLAG != _told(world, said).hypotheses[0].source_ref
    packet = _told(world, says("undo", incident.candidate_id, when=NOW + 1, undoes=id_of(said)))
    assert before.hypotheses == packet.hypotheses
    assert ["undo"] == [heard.kind for heard in packet.feedback]


def test_an_incident_that_is_handed_over_has_another_owner() -> None:
    """With who handed it over as the reason."""
    world, incident = _incident()
    assert "team-payment" == incident.owner
    packet = _told(world, says("hand_over", incident.candidate_id, when=NOW, team="team-network"))
    assert ("team-network", f"handed over by {PERSON}") == (packet.ownership.owner, packet.ownership.how)
    assert f"{PERSON} handed it over to team-network" == packet.ownership.claims[0].text
    world.tick(1000)
    assert "team-network" == _decided(world, "routed")[-1].details["owner"]


def test_who_nobody_owns_goes_where_such_alerts_were_handed_before() -> None:
    """Learned from the stream: the packet says how often, and by whose words."""
    world = shop(fires("unheard-of", 100), ended=False)
    for number in (1, 2):
        incident = world.packets()[-1].candidate
        world.send([says("hand_over", incident.candidate_id, when=NOW * number, team="team-edge")])
        world.tick(30_000 * number)
        world.send([fires("unheard-of", 30_000 * number, fingerprint=f"again {number}")])
    ownership = world.packets()[-1].ownership
    assert "team-edge" == ownership.owner
    assert "such alerts were handed over to team-edge 2 times before" == ownership.how


def test_a_closed_incident_is_closed_until_an_alert_begins_after_it() -> None:
    """Its cause stands in the packet; a new alert opens it again, as a person may."""
    world, incident = _incident()
    packet = _told(world, says("close", incident.candidate_id, when=NOW, cause="a bad flag"))
    assert ("closed", ()) == (packet.candidate.state, packet.candidate.proposals)
    assert f"{PERSON} closed it: a bad flag" in packet.whats_new
    assert "open" == _told(world, says("reopen", incident.candidate_id, when=NOW + 1)).candidate.state
    closed = says("close", incident.candidate_id, when=NOW + 2, cause="once more")
    assert "closed" == _told(world, closed).candidate.state
    assert "open" == _told(world, fires("payment", NOW + 10, "Saturated")).candidate.state


@pytest.mark.parametrize("kind", ["misroute", "update_sent", "false_page"])
def test_other_words_stand_in_the_time_line(kind: str) -> None:
    """They change nothing else."""
    world, incident = _incident()
    packet = _told(world, says(kind, incident.candidate_id, when=NOW))
    assert ([kind], incident.owner) == ([h.kind for h in packet.feedback], packet.candidate.owner)


def test_what_people_say_of_one_incident_is_no_matter_of_another() -> None:
    """The others are not looked at."""
    world = shop(*payment_incident(), fires("ledger", 150), ended=False)
    before = candidate_of(world, "ledger")
    world.send([says("false_page", candidate_of(world, "payment").candidate_id, when=NOW)])
    assert before == candidate_of(world, "ledger")


def test_a_recording_that_has_ended_still_takes_in_what_is_said() -> None:
    """No clock moves any more, so it is decided at once."""
    world = shop(*payment_incident())
    incident = candidate_of(world, "payment")
    world.send([says("reject", incident.candidate_id, when=NOW, source_ref=FLAG)])
    assert [1, 1] == [len(_decided(world, "heard")), len(_decided(world, "withdrawn"))]


@pytest.mark.parametrize("source_ref", [FLAG, None])
def test_what_is_said_after_the_end_of_a_recording_is_shown_and_decided_in_one_revision(
    source_ref: str | None,
) -> None:
    """A revision is named by its record: two of one record, provisional and settled, would have the same name."""
    world = shop(*payment_incident())
    before, kind = len(world.packets()), "reject" if source_ref else "confirm"
    world.send([says(kind, candidate_of(world, "payment").candidate_id, when=NOW, source_ref=source_ref)])
    [packet] = world.packets()[before:]
    assert ("settled", 1) == (packet.candidate.phase, len(packet.feedback))


def test_what_is_said_amid_the_alerts_of_a_batch_is_looked_at_with_those_before_it() -> None:
    """One look, so no two revisions of one record."""
    world, incident = _incident()
    routed = shop(*payment_incident(), fires("cart", NOW), fires("frontend", NOW + 0.1), ended=False)
    first, last = [signal for signal in routed.log if signal.alert and signal.ingested_at >= at(NOW)]
    world.fold([first])
    before = len(world.packets())
    world.send([says("false_page", incident.candidate_id, when=NOW)])
    world.fold([last])
    names = [packet.candidate.revision.revision_id for packet in world.packets()[before:]]
    assert first.more_follows
    assert len(names) == len(set(names)) > 0


def test_the_fold_is_a_function_of_its_log() -> None:
    """Folded once more, the same bytes."""
    world, incident = _incident()
    leaving = named(incident, "frontend")
    world.send(
        [
            says("split", incident.candidate_id, when=NOW, alerts=leaving),
            says("close", incident.candidate_id, when=NOW + 1, cause="x"),
        ]
    )
    world.tick(1000)
    again = World()
    again.fold(world.log)
    assert world.outputs == again.outputs
