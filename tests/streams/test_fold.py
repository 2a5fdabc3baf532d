"""The fold over one partition: what leaves when, and what a late or a later record changes."""

import pytest

from schemas.audit import AuditEntry
from schemas.packets import Candidate, Packet, Proposal
from schemas.settings import CorrelationSettings, Settings
from schemas.signals import Signal
from streams.fold import Fold
from tests.streams.world import SHOP, TENANT, Sent, World, alert, at, change, entity, shop

_FIRST = 100.0
"""Start of the first alert in the stories below; the catalog came at 0."""


def _fires(service: str = "payment", start: float = _FIRST, name: str = "HighErrorRate") -> Sent:
    return Sent(alert(service, name, start=start), start)


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
    world = shop(_fires(), ended=False)
    [packet] = world.packets()
    assert (1, "provisional", "open") == (
        packet.candidate.revision.number,
        packet.candidate.phase,
        packet.candidate.state,
    )


def test_a_candidate_leaves_with_its_packet() -> None:
    """Both topics say the same, the candidate first."""
    world = shop(_fires(), ended=False)
    assert ["incident-candidates", "context-packets"] == _sent(world, 0)
    assert world.packets()[0].candidate == world.outputs[0].message


def test_an_alert_settles_its_lateness_after_its_notification() -> None:
    """Then decisions go on record, and the packet says settled."""
    world = shop(_fires(), ended=False)
    world.tick(_FIRST + 119)
    assert [] == _decided(world, "opened")
    world.tick(_FIRST + 120)
    assert ["opened", "joined", "suspected", "routed"] == [
        o.message.decision for o in world.outputs if isinstance(o.message, AuditEntry)
    ]
    assert "settled" == world.packets()[-1].candidate.phase


def test_a_clock_that_one_input_holds_back_settles_nothing() -> None:
    """A backlog delays settling, it never makes things late; packets go on all the same."""
    world = shop(_fires(), ended=False)
    for topic in ("alerts", "deploys", "flags", "configs"):
        world.tick(1000, only=topic)
    world.send([_fires("checkout", 130)])
    assert ({"provisional"}, 2) == ({p.candidate.phase for p in world.packets()}, len(world.packets()))


def test_another_service_is_material() -> None:
    """A revision is cut at its record, and says what is new."""
    world = shop(_fires(), _fires("checkout", _FIRST + 1), ended=False)
    assert ("new: HighErrorRate on checkout",) == world.packets()[-1].whats_new


def test_a_higher_severity_is_material() -> None:
    """It may be what somebody gets up for."""
    mild = Sent(alert("payment", "Slow", start=_FIRST, severity="warning"), _FIRST)
    world = shop(mild, _fires(start=_FIRST + 1), ended=False)
    assert "severity warning -> critical" in world.packets()[-1].whats_new


def test_the_end_of_all_alerts_is_material() -> None:
    """The candidate is resolved with the last of them."""
    ended = Sent(alert("payment", start=_FIRST, status="resolved"), _FIRST + 60)
    world = shop(_fires(), ended, ended=False)
    assert ("now resolved", "1 more alert resolved") == world.packets()[-1].whats_new


def test_a_repeat_cuts_no_revision_at_once() -> None:
    """That an alert is still firing is no news."""
    world = shop(_fires(), Sent(alert("payment", start=_FIRST), _FIRST + 25), ended=False)
    assert 1 == len(world.packets())


def test_repeats_are_shown_after_a_pause_of_the_clock() -> None:
    """A minute after the last cut, not before."""
    world = shop(_fires(), Sent(alert("payment", start=_FIRST), _FIRST + 25), ended=False)
    world.tick(_FIRST + 59)
    assert 1 == len(world.packets())
    world.tick(_FIRST + 60)
    assert [0, 1] == [packet.candidate.repeats for packet in world.packets()]


def test_what_is_not_material_waits_ten_seconds_of_the_clock() -> None:
    """A second alert of the same kind on the same service."""
    other = Sent(alert("payment", start=_FIRST + 1, fingerprint="other"), _FIRST + 1)
    world = shop(_fires(), other, ended=False)
    world.tick(_FIRST + 9)
    assert [1] == [len(packet.candidate.members) for packet in world.packets()]
    world.tick(_FIRST + 10)
    assert [1, 2] == [len(packet.candidate.members) for packet in world.packets()]


def test_the_end_of_a_recording_leaves_nothing_waiting() -> None:
    """What would have been shown after a pause is in the last revision."""
    world = shop(_fires(name="A"), _fires(name="B"), _fires(name="C"), ended=False)
    world.tick(280)
    for name, received in (("A", 295), ("B", 298)):
        world.send([Sent(alert("payment", name, start=_FIRST, status="resolved"), received)])
    world.tick(None)
    assert [False, False, True] == [line.firing for line in world.packets()[-1].failing]
    assert set() == next(iter(world.memory.scopes.values())).unrevised


def test_a_gap_that_closes_at_the_very_end_is_closed_in_the_last_revision() -> None:
    """The last cut may be later than the last decision; the end comes after both."""
    world = shop(_fires(), ended=False)
    world.tick(271)
    staged = change("deploy", "payment", when=0, service="payment", environment="staging")
    world.send([Sent(staged, 271)])
    world.tick(None)
    assert "no_deploy_feed" not in world.packets()[-1].candidate.unknowns


def test_a_late_change_ranks_again() -> None:
    """The flag was turned on before the alert, and arrives after it: a new revision, with it on top."""
    world = shop(_fires(), ended=False)
    world.send([_flag(_FIRST - 50, _FIRST + 40)])
    before, after = world.packets()
    assert (None, "test:flag/express@2026-02-03T03:00:50Z") == (_top(before), _top(after))
    assert ("top suspect: flag express old -> new",) == after.whats_new


def test_a_change_that_is_later_than_the_lateness_still_counts() -> None:
    """Settled or not: a new revision, and the decision on record."""
    world = shop(_fires(), ended=False)
    world.tick(_FIRST + 300)
    world.send([_flag(_FIRST - 50, _FIRST + 310)])
    world.tick(_FIRST + 500)
    assert ["none", "test:flag/express@2026-02-03T03:00:50Z"] == [
        entry.details["source_ref"] for entry in _decided(world, "suspected")
    ]
    assert "settled" == world.packets()[-1].candidate.phase


def test_a_change_elsewhere_cuts_no_revision() -> None:
    """The ledger has nothing to do with payments."""
    world = shop(_fires(), ended=False)
    before = len(world.outputs)
    world.send([Sent(change("flag", "other", when=_FIRST, service="ledger"), _FIRST)])
    assert before == len(world.outputs)


def test_a_change_without_an_environment_reaches_scopes_that_are_born_later() -> None:
    """A scope starts from its tenant's shared part."""
    wide = change("flag", "express", when=_FIRST - 50, service="payment", environment=None)
    world = shop(Sent(wide, _FIRST - 50), _fires())
    assert wide.source_ref == _top(world.packets()[0])


def test_nothing_is_proposed_before_it_is_decided() -> None:
    """Then one proposal, in the packet and on its topic and on record."""
    world = shop(_flag(_FIRST - 50), _fires(), ended=False)
    assert () == world.packets()[-1].candidate.proposals
    world.tick(_FIRST + 120)
    [proposal] = [o.message for o in world.outputs if isinstance(o.message, Proposal)]
    assert (proposal,) == world.packets()[-1].candidate.proposals
    assert [proposal.proposal_id] == [entry.details["proposal"] for entry in _decided(world, "proposed")]


def test_a_proposal_is_made_once() -> None:
    """More alerts change nothing in it."""
    world = shop(_flag(_FIRST - 50), _fires(), _fires("checkout", _FIRST + 200))
    assert 1 == sum(isinstance(output.message, Proposal) for output in world.outputs)


def test_a_candidate_younger_than_the_hold_is_provisional_and_proposes_nothing() -> None:
    """Even where the settings let signals settle sooner."""
    settings = Settings(correlation=CorrelationSettings(lateness_s=0, hold_s=30))
    world = shop(_flag(_FIRST - 50), _fires(), ended=False, settings=settings)
    world.tick(_FIRST + 29)
    assert ({"provisional"}, []) == (
        {p.candidate.phase for p in world.packets()},
        _decided(world, "proposed"),
    )
    world.tick(_FIRST + 30)
    assert ("settled", 1) == (world.packets()[-1].candidate.phase, len(_decided(world, "proposed")))


def test_a_candidate_that_is_merged_takes_its_proposals_back() -> None:
    """Its part of the incident is proposed for by the candidate that it became part of."""
    ledger = Sent(change("flag", "books", when=_FIRST - 50, service="ledger"), _FIRST - 50)
    world = shop(Sent(entity("desk", "payment", "ledger"), 0), ledger, _fires("ledger", _FIRST), ended=False)
    world.send([_fires(start=_FIRST - 10)])
    world.tick(_FIRST + 130)
    [proposed] = _decided(world, "proposed")
    world.send([_fires("desk", _FIRST + 140)])
    world.tick(None)
    assert [proposed.subject] == [entry.subject for entry in _decided(world, "merged")]
    assert (proposed.subject, proposed.details["proposal"]) in [
        (entry.subject, entry.details["proposal"]) for entry in _decided(world, "withdrawn")
    ]


def test_a_catalog_entry_that_changes_in_the_middle_is_in_force_from_then_on() -> None:
    """Owners and dependencies are those of the entries known at that point of the log."""
    world = shop(_fires(), ended=False)
    world.send([Sent(entity("payment", owner="team-new"), _FIRST + 10)])
    world.tick(_FIRST + 20)
    assert ["team-payment", "team-new"] == [packet.candidate.owner for packet in world.packets()]
    assert ("owner: team-new",) == world.packets()[-1].whats_new


def test_a_catalog_that_is_published_again_as_it_was_changes_nothing() -> None:
    """Scripts publish the whole of it every hour; only what says something else is looked at."""
    world = shop(_fires(), ended=False)
    world.tick(_FIRST + 200)
    before, [tenant] = len(world.outputs), world.memory.tenants.values()
    version = tenant.version
    world.send([Sent(entry, _FIRST + 210) for entry in SHOP])
    world.tick(None)
    assert (before, version) == (len(world.outputs), tenant.version)


def test_a_catalog_that_comes_after_the_alerts_ties_them_together() -> None:
    """Until then they are apart; then the earlier candidate survives, and both say so."""
    world = World()
    world.send([_fires(), _fires("checkout", _FIRST + 1)])
    assert 2 == len(world.candidates())
    world.send([Sent(entity("payment"), _FIRST + 2), Sent(entity("checkout", "payment"), _FIRST + 2)])
    world.tick(_FIRST + 10)
    assert [["checkout", "payment"]] == world.groups()


def test_an_entry_taken_out_of_the_catalog_takes_its_ties_with_it() -> None:
    """What was one candidate by a dependency is two without it."""
    world = shop(_fires(), _fires("checkout", _FIRST + 1), ended=False)
    gone = entity("checkout", "payment", "cart").model_copy(update={"deleted": True})
    world.send([Sent(gone, _FIRST + 10)])
    world.tick(_FIRST + 20)
    assert [["payment"], ["checkout"]] == world.groups()


def test_what_a_catalog_takes_apart_is_decided_anew() -> None:
    """The part that is split off is opened on record, and both settle."""
    world = shop(_fires(), _fires("checkout", _FIRST + 1), ended=False)
    world.tick(_FIRST + 200)
    gone = entity("checkout", "payment", "cart").model_copy(update={"deleted": True})
    world.send([Sent(gone, _FIRST + 210)])
    world.tick(None)
    assert {"settled"} == {candidate.phase for candidate in world.candidates().values()}
    assert set(world.candidates()) == {entry.subject for entry in _decided(world, "opened")}


def test_repeats_are_put_on_record_by_the_minute() -> None:
    """Suppressing is a decision: counted by fingerprint, with the total so far."""
    repeats = [Sent(alert("payment", start=_FIRST), second) for second in (105, 110, 121)]
    world = shop(_fires(), *repeats, ended=False)
    world.tick(120)
    assert ["2"] == [entry.details["repeats"] for entry in _decided(world, "deduplicated")]
    world.tick(180)
    assert ["2", "3"] == [entry.details["repeats"] for entry in _decided(world, "deduplicated")]


def test_a_signal_that_comes_again_has_no_effect() -> None:
    """Its positions were applied, so not even the count grows."""
    world = shop(_fires(), ended=False)
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


def _crowd(number: int, *, apart: float) -> list[Sent]:
    """Alerts of one service, so far from one another that each is a candidate of its own where `apart` says so."""
    return [_fires("payment", _FIRST + n * apart, f"A{n}") for n in range(number)]


def _evicting(limit: int, members: int = 2000) -> Settings:
    return Settings(correlation=CorrelationSettings(max_alerts=limit, max_members=members))


def test_overflow_evicts_the_oldest_and_says_so() -> None:
    """By event time; counted, on record, and an unknown of every packet from then on."""
    world = shop(*_crowd(5, apart=1000), ended=False, settings=_evicting(4))
    [scope] = world.memory.scopes.values()
    assert [at(_FIRST + n * 1000) for n in (1, 2, 3, 4)] == [key[0] for key in sorted(scope.alerts)]
    [entry] = _decided(world, "evicted")
    assert {"alerts": "1", "limit": "4"} == entry.details
    world.send([_fires("cart", 5000)])
    assert "overflow" in world.packets()[-1].candidate.unknowns


def test_overflow_goes_by_event_time_and_not_by_arrival() -> None:
    """What started first is dropped, also if it came last."""
    world = shop(*reversed(_crowd(5, apart=1000)), ended=False, settings=_evicting(4))
    [scope] = world.memory.scopes.values()
    assert at(_FIRST) not in {key[0] for key in scope.alerts}


def test_a_storm_that_is_one_incident_keeps_its_latest_part() -> None:
    """Only the oldest stretches of it are dropped, never the alert in hand, and its candidate goes on."""
    world = shop(*_crowd(9, apart=10), ended=False, settings=_evicting(8, members=3))
    [scope] = world.memory.scopes.values()
    assert [f"A{n}" for n in range(3, 9)] == [scope.alerts[key].facts.name for key in sorted(scope.alerts)]


def test_what_was_quiet_for_the_retention_is_forgotten() -> None:
    """Alerts and changes alike, those of the whole tenant too; looked at once an hour of the clock."""
    day = Settings().correlation.retention_s
    wide = change("config", "wide", when=0, environment=None)
    world = shop(_flag(_FIRST - 50), Sent(wide, 0), _fires(), ended=False)
    world.tick(_FIRST + 3600)
    world.tick(_FIRST + day + 2 * 3600)
    [scope] = world.memory.scopes.values()
    assert ({}, {}, {}) == (scope.alerts, scope.published, scope.book.by_ref)
    assert {} == world.memory.tenants[TENANT].book.by_ref


def test_what_is_not_quiet_for_the_retention_is_kept_with_its_suspects() -> None:
    """An alert that goes on and on is remembered, and so is the change that it is blamed on."""
    day = Settings().correlation.retention_s
    old = Sent(change("flag", "other", when=-9000, service="payment"), 0)
    wide = Sent(change("config", "wide", when=0, environment=None), 0)
    again = Sent(alert("payment", start=_FIRST), _FIRST + 4000)
    world = shop(old, wide, _flag(_FIRST - 50), _fires(), again, ended=False)
    world.tick(_FIRST + 10)
    world.tick(_FIRST + day + 3700)
    [scope] = world.memory.scopes.values()
    assert (1, 1) == (len(scope.alerts), len(world.memory.tenants[TENANT].book.by_ref))
    assert ["test:flag/express@2026-02-03T03:00:50Z"] == list(scope.book.by_ref)


def test_a_revision_is_named_by_its_point_of_the_log() -> None:
    """Folded again from the log, the same revisions have the same names; the numbers are for people."""
    world = shop(_fires(), _fires("checkout", _FIRST + 1))
    names = [o.message.revision.revision_id for o in world.outputs if isinstance(o.message, Candidate)]
    again = shop(_fires(), _fires("checkout", _FIRST + 1))
    assert names == [
        o.message.revision.revision_id for o in again.outputs if isinstance(o.message, Candidate)
    ]
    assert len(names) == len(set(names))


def test_other_settings_give_other_names() -> None:
    """A revision says by which settings it was thought."""
    other = Settings(correlation=CorrelationSettings(gap_s=301))
    one, two = shop(_fires()).packets()[0], shop(_fires(), settings=other).packets()[0]
    assert one.candidate.candidate_id == two.candidate.candidate_id
    assert one.candidate.revision.revision_id != two.candidate.revision.revision_id
