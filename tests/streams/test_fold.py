"""The fold over one partition: what leaves when, and what a late or a later record changes."""

import pytest

from schemas.audit import AuditEntry
from schemas.packets import Candidate, Packet, Proposal
from schemas.settings import Settings
from schemas.signals import Signal
from schemas.thresholds import CorrelationSettings
from streams.fold import Fold
from tests.streams.world import Sent, World, alert, change, fires, shop

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def _flag(when: float, received: float | None = None) -> Sent:
    return Sent(
        change("flag", "express", when=when, service="payment"), when if received is None else received
    )


def _decided(world: World, decision: str) -> list[AuditEntry]:
    entries = [o.message for o in world.outputs if isinstance(o.message, AuditEntry)]
    return [entry for entry in entries if entry.decision == decision]


def _sent(world: World, since: int) -> list[str]:
    return [output.topic for output in world.outputs[since:]]


def _top(packet: Packet) -> str | None:
    return packet.candidate.suspects[0].source_ref


def test_the_first_packet_leaves_with_the_first_alert() -> None:
    """No clock, no second record is waited for."""
    world = shop(fires(), ended=False)
    [packet] = world.packets()
    assert (1, "provisional", "open") == (
        packet.candidate.revision.number,
        packet.candidate.phase,
        packet.candidate.state,
    )


def test_a_candidate_leaves_with_its_packet() -> None:
    """Both topics say the same, the candidate first."""
    world = shop(fires(), ended=False)
    assert ["incident-candidates", "context-packets"] == _sent(world, 0)
    assert world.packets()[0].candidate == world.outputs[0].message


def test_an_alert_settles_its_lateness_after_its_notification() -> None:
    """Then decisions go on record, and the packet says settled."""
    world = shop(fires(), ended=False)
    world.tick(FIRST + 119)
    assert [] == _decided(world, "opened")
    world.tick(FIRST + 120)
    assert ["opened", "joined", "suspected", "routed"] == [
        o.message.decision for o in world.outputs if isinstance(o.message, AuditEntry)
    ]
    assert "settled" == world.packets()[-1].candidate.phase


def test_a_clock_that_one_input_holds_back_settles_nothing() -> None:
    """A backlog delays settling, it never makes things late; packets go on all the same."""
    world = shop(fires(), ended=False)
    for topic in ("alerts", "deploys", "flags", "configs"):
        world.tick(1000, only=topic)
    world.send([fires("checkout", 130)])
    assert ({"provisional"}, 2) == ({p.candidate.phase for p in world.packets()}, len(world.packets()))


def test_another_service_is_material() -> None:
    """A revision is cut at its record, and says what is new."""
    world = shop(fires(), fires("checkout", FIRST + 1), ended=False)
    assert ("new: HighErrorRate on checkout",) == world.packets()[-1].whats_new


def test_a_higher_severity_is_material() -> None:
    """It may be what somebody gets up for."""
    mild = Sent(alert("payment", "Slow", start=FIRST, severity="warning"), FIRST)
    world = shop(mild, fires(start=FIRST + 1), ended=False)
    assert "severity warning -> critical" in world.packets()[-1].whats_new


def test_the_end_of_all_alerts_is_material() -> None:
    """The candidate is resolved with the last of them."""
    ended = Sent(alert("payment", start=FIRST, status="resolved"), FIRST + 60)
    world = shop(fires(), ended, ended=False)
    assert ("now resolved", "1 more alert resolved") == world.packets()[-1].whats_new


def test_a_repeat_cuts_no_revision_at_once() -> None:
    """That an alert is still firing is no news."""
    world = shop(fires(), Sent(alert("payment", start=FIRST), FIRST + 25), ended=False)
    assert 1 == len(world.packets())


def test_repeats_are_shown_after_a_pause_of_the_clock() -> None:
    """A minute after the last cut, not before."""
    world = shop(fires(), Sent(alert("payment", start=FIRST), FIRST + 25), ended=False)
    world.tick(FIRST + 59)
    assert 1 == len(world.packets())
    world.tick(FIRST + 60)
    assert [0, 1] == [packet.candidate.repeats for packet in world.packets()]


def test_what_is_not_material_waits_ten_seconds_of_the_clock() -> None:
    """A second alert of the same kind on the same service."""
    other = Sent(alert("payment", start=FIRST + 1, fingerprint="other"), FIRST + 1)
    world = shop(fires(), other, ended=False)
    world.tick(FIRST + 9)
    assert [1] == [len(packet.candidate.members) for packet in world.packets()]
    world.tick(FIRST + 10)
    assert [1, 2] == [len(packet.candidate.members) for packet in world.packets()]


def test_the_end_of_a_recording_leaves_nothing_waiting() -> None:
    """What would have been shown after a pause is in the last revision."""
    world = shop(fires(name="A"), fires(name="B"), fires(name="C"), ended=False)
    world.tick(280)
    for name, received in (("A", 295), ("B", 298)):
        world.send([Sent(alert("payment", name, start=FIRST, status="resolved"), received)])
    world.tick(None)
    assert [False, False, True] == [line.firing for line in world.packets()[-1].failing]
    scope = next(iter(world.memory.scopes.values()))
    assert (set(), {}) == (scope.unrevised, scope.waits)


def test_a_gap_that_closes_at_the_very_end_is_closed_in_the_last_revision() -> None:
    """The last cut may be later than the last decision; the end comes after both."""
    world = shop(fires(), ended=False)
    world.tick(271)
    staged = change("deploy", "payment", when=0, service="payment", environment="staging")
    world.send([Sent(staged, 271)])
    world.tick(None)
    assert "no_deploy_feed" not in world.packets()[-1].candidate.unknowns


def test_a_late_change_ranks_again() -> None:
    """The flag was turned on before the alert, and arrives after it: a new revision, with it on top."""
    world = shop(fires(), ended=False)
    world.send([_flag(FIRST - 50, FIRST + 40)])
    before, after = world.packets()
    assert (None, "test:flag/express@2026-02-03T03:00:50Z") == (_top(before), _top(after))
    assert ("top suspect: flag express old -> new",) == after.whats_new


def test_a_change_that_is_later_than_the_lateness_still_counts() -> None:
    """Settled or not: a new revision, and the decision on record."""
    world = shop(fires(), ended=False)
    world.tick(FIRST + 300)
    world.send([_flag(FIRST - 50, FIRST + 310)])
    world.tick(FIRST + 500)
    assert ["none", "test:flag/express@2026-02-03T03:00:50Z"] == [
        entry.details["source_ref"] for entry in _decided(world, "suspected")
    ]
    assert "settled" == world.packets()[-1].candidate.phase


def test_a_change_elsewhere_cuts_no_revision() -> None:
    """The ledger has nothing to do with payments."""
    world = shop(fires(), ended=False)
    before = len(world.outputs)
    world.send([Sent(change("flag", "other", when=FIRST, service="ledger"), FIRST)])
    assert before == len(world.outputs)


def test_a_change_without_an_environment_reaches_scopes_that_are_born_later() -> None:
    """A scope starts from its tenant's shared part."""
    wide = change("flag", "express", when=FIRST - 50, service="payment", environment=None)
    world = shop(Sent(wide, FIRST - 50), fires())
    assert wide.source_ref == _top(world.packets()[0])


def test_nothing_is_proposed_before_it_is_decided() -> None:
    """Then one proposal, in the packet and on its topic and on record."""
    world = shop(_flag(FIRST - 50), fires(), ended=False)
    assert () == world.packets()[-1].candidate.proposals
    world.tick(FIRST + 120)
    [proposal] = [o.message for o in world.outputs if isinstance(o.message, Proposal)]
    assert (proposal,) == world.packets()[-1].candidate.proposals
    assert [proposal.proposal_id] == [entry.details["proposal"] for entry in _decided(world, "proposed")]


def test_a_proposal_is_made_once() -> None:
    """More alerts change nothing in it."""
    world = shop(_flag(FIRST - 50), fires(), fires("checkout", FIRST + 200))
    assert 1 == sum(isinstance(output.message, Proposal) for output in world.outputs)


def test_a_candidate_younger_than_the_hold_is_provisional_and_proposes_nothing() -> None:
    """Even where the settings let signals settle sooner."""
    settings = Settings(correlation=CorrelationSettings(lateness_s=0, hold_s=30))
    world = shop(_flag(FIRST - 50), fires(), ended=False, settings=settings)
    world.tick(FIRST + 29)
    assert ({"provisional"}, []) == (
        {p.candidate.phase for p in world.packets()},
        _decided(world, "proposed"),
    )
    world.tick(FIRST + 30)
    assert ("settled", 1) == (world.packets()[-1].candidate.phase, len(_decided(world, "proposed")))


def test_a_candidate_that_is_merged_takes_its_proposals_back() -> None:
    """Its part of the incident is proposed for by the candidate that it became part of."""
    flag = Sent(change("flag", "banner", when=FIRST - 60, service="frontend"), FIRST - 60)
    early, late = (
        alert(s, start=at, status="resolved", end=at + 10)
        for s, at in (("payment", FIRST), ("frontend", FIRST + 120))
    )
    world = shop(flag, Sent(early, FIRST + 11), Sent(late, FIRST + 131), ended=False)
    world.tick(FIRST + 290)
    [proposed] = _decided(world, "proposed")
    world.send([Sent(alert("checkout", start=FIRST + 121), FIRST + 291)])
    world.tick(None)
    assert [proposed.subject] == [entry.subject for entry in _decided(world, "merged")]
    assert (proposed.subject, proposed.details["proposal"]) in [
        (entry.subject, entry.details["proposal"]) for entry in _decided(world, "withdrawn")
    ]


def test_repeats_are_put_on_record_by_the_minute() -> None:
    """Suppressing is a decision: counted by fingerprint, with the total so far."""
    repeats = [Sent(alert("payment", start=FIRST), second) for second in (105, 110, 121)]
    world = shop(fires(), *repeats, ended=False)
    world.tick(120)
    assert ["2"] == [entry.details["repeats"] for entry in _decided(world, "deduplicated")]
    world.tick(180)
    assert ["2", "3"] == [entry.details["repeats"] for entry in _decided(world, "deduplicated")]


def test_a_signal_that_comes_again_has_no_effect() -> None:
    """Its positions were applied, so not even the count grows."""
    world = shop(fires(), ended=False)
    before = len(world.outputs)
    world.fold([signal for signal in world.log if signal.alert is not None])
    [scope] = world.memory.scopes.values()
    assert (before, [1]) == (len(world.outputs), [state.count for state in scope.alerts.values()])


def test_an_offset_that_was_folded_already_is_refused() -> None:
    """The caller has lost its place; going on would count things twice."""
    fold = Fold(World().memory, Settings(), "test")
    fold.apply(3, Signal(kind="mark"))
    with pytest.raises(ValueError, match="offset 3 was folded already: the next is 4"):
        fold.apply(3, Signal(kind="mark"))


def test_a_revision_is_named_by_its_point_of_the_log() -> None:
    """Folded again from the log, the same revisions have the same names; the numbers are for people."""
    world = shop(fires(), fires("checkout", FIRST + 1))
    names = [o.message.revision.revision_id for o in world.outputs if isinstance(o.message, Candidate)]
    again = shop(fires(), fires("checkout", FIRST + 1))
    assert names == [
        o.message.revision.revision_id for o in again.outputs if isinstance(o.message, Candidate)
    ]
    assert len(names) == len(set(names))


def test_other_settings_give_other_names() -> None:
    """A revision says by which settings it was thought."""
    other = Settings(correlation=CorrelationSettings(base=0.69))
    one, two = shop(fires()).packets()[0], shop(fires(), settings=other).packets()[0]
    assert one.candidate.candidate_id == two.candidate.candidate_id
    assert one.candidate.revision.revision_id != two.candidate.revision.revision_id
