"""Which alerts belong together: situations of the shop, and the candidates that should come of them.

The shop: frontend -> checkout -> payment, frontend and checkout -> cart; billing -> ledger stands apart.
"""

from schemas.packets import Candidate, Member
from schemas.settings import CorrelationSettings, Settings
from tests.streams.world import SHOP, Sent, World, alert, entity, shop

GAP, LIFE, REOPEN = 300, 1800, 900
"""Seconds: the settings that the boundaries below stand on."""


def test_the_boundaries_below_are_those_of_the_settings() -> None:
    """Gap, life and reopen should be the defaults."""
    defaults = Settings().correlation
    assert (GAP, LIFE, REOPEN) == (defaults.gap_s, defaults.life_s, defaults.reopen_s)


def _fires(service: str | None, start: float, name: str = "HighErrorRate", **more: str | None) -> Sent:
    return Sent(
        alert(service, name, start=start, environment="production", fingerprint=more.get("fp")), start
    )


def _members(world: World) -> list[Member]:
    return [member for candidate in _opened(world) for member in candidate.members]


def _opened(world: World) -> list[Candidate]:
    return sorted(world.candidates().values(), key=lambda c: (c.opened_at, c.candidate_id))


def test_two_alerts_of_a_service_exactly_the_gap_apart_are_one_candidate() -> None:
    """The gap is included."""
    world = shop(_fires("payment", 0, "A"), _fires("payment", GAP, "B"))
    assert [["payment"]] == world.groups()


def test_two_alerts_of_a_service_one_microsecond_past_the_gap_are_two_candidates() -> None:
    """Past the gap nothing links them."""
    world = shop(_fires("payment", 0, "A"), _fires("payment", GAP + 0.000001, "B"))
    assert [["payment"], ["payment"]] == world.groups()


def test_a_chain_of_gaps_holds_far_ends_together() -> None:
    """Each links to the next, so the first and the last belong together though they are two gaps apart."""
    world = shop(_fires("payment", 0, "A"), _fires("payment", GAP, "B"), _fires("payment", 2 * GAP, "C"))
    assert 1 == len(world.groups())


def test_another_alert_of_the_same_service_joins_by_same_service() -> None:
    """The member should say by which rule, by which other and how strongly it belongs."""
    first, second = _members(shop(_fires("payment", 0, "A", fp="a"), _fires("payment", 10, "B", fp="b")))
    assert ("first", None) == (first.rule, first.linked_to)
    assert ("same_service", "a", 1.0) == (second.rule, second.linked_to, second.score)


def test_a_service_that_needs_a_failing_one_joins_by_dependency() -> None:
    """Checkout needs payment: one hop."""
    world = shop(_fires("payment", 0, fp="p"), _fires("checkout", GAP))
    assert [("first", 1.0), ("dependency", 0.9)] == [(m.rule, m.score) for m in _members(world)]


def test_the_failing_service_may_alert_after_the_one_that_needs_it() -> None:
    """Dependencies link both ways, since a symptom may be seen before its cause."""
    assert [["checkout", "payment"]] == shop(_fires("checkout", 0), _fires("payment", 60)).groups()


def test_two_hops_link_more_weakly_than_one() -> None:
    """Frontend needs checkout, which needs payment."""
    world = shop(_fires("payment", 0), _fires("frontend", 60))
    assert [("first", 1.0), ("dependency", 0.6)] == [(m.rule, m.score) for m in _members(world)]


def test_three_hops_do_not_link() -> None:
    """Mobile needs frontend, so payment is three hops away: beyond the setting."""
    world = shop(Sent(entity("mobile", "frontend"), 0), _fires("payment", 0), _fires("mobile", 60))
    assert [["payment"], ["mobile"]] == world.groups()


def test_two_services_that_need_the_same_join_by_shared_dependency() -> None:
    """Orders and checkout both need payment, which itself stays quiet."""
    world = shop(Sent(entity("orders", "payment"), 0), _fires("checkout", 0), _fires("orders", 60))
    assert ["first", "shared_dependency"] == [member.rule for member in _members(world)]


def _hub(callers: int) -> list[Sent]:
    return [Sent(entity(f"caller-{number}", "broker"), 0) for number in range(callers)]


def test_as_many_callers_as_a_hub_may_have_still_link() -> None:
    """Eight services need the broker: two of them that alert are one candidate."""
    callers = Settings().correlation.hub_degree
    world = shop(Sent(entity("broker"), 0), *_hub(callers), _fires("caller-0", 0), _fires("caller-1", 9))
    assert 1 == len(world.groups())


def test_a_hub_glues_nothing() -> None:
    """Nine services need the broker: that two of them alert says nothing about a shared cause."""
    callers = Settings().correlation.hub_degree + 1
    world = shop(Sent(entity("broker"), 0), *_hub(callers), _fires("caller-0", 0), _fires("caller-1", 9))
    assert 2 == len(world.groups())


def test_a_hub_that_fails_itself_takes_its_callers_with_it() -> None:
    """What links through the hub's own alert is a dependency, however many callers it has."""
    callers = Settings().correlation.hub_degree + 1
    sent = (_fires("broker", 0), _fires("caller-0", 9), _fires("caller-1", 9))
    assert 1 == len(shop(Sent(entity("broker"), 0), *_hub(callers), *sent).groups())


def test_a_service_that_the_catalog_lacks_links_by_its_own_name_alone() -> None:
    """Two alerts of an unknown service belong together, and with nothing else."""
    world = shop(_fires("unheard-of", 0, "A"), _fires("unheard-of", 60, "B"), _fires("payment", 60))
    assert [["unheard-of"], ["payment"]] == world.groups()


def test_alerts_without_a_service_link_by_their_name() -> None:
    """The same rule on two unnamed things is one candidate; another rule is not."""
    world = shop(
        _fires(None, 0, "Disk", fp="a"), _fires(None, 60, "Disk", fp="b"), _fires(None, 60, "Load", fp="c")
    )
    assert [2, 1] == [len(candidate.members) for candidate in _opened(world)]


def test_an_alert_without_a_service_joins_no_service() -> None:
    """Nothing ties it to what alerts at the same time."""
    assert [["None"], ["payment"]] == shop(_fires(None, 0), _fires("payment", 1)).groups()


def test_the_same_alert_again_within_the_reopening_time_reopens_its_candidate() -> None:
    """Same fingerprint, new start, exactly the reopening time later: far past the gap."""
    world = shop(_fires("payment", 0, fp="p"), _fires("payment", REOPEN, fp="p"))
    assert [("first", None), ("same_alert", "p")] == [(m.rule, m.linked_to) for m in _members(world)]


def test_the_same_alert_again_after_the_reopening_time_is_a_new_candidate() -> None:
    """One microsecond more, and it is a new incident."""
    assert 2 == len(shop(_fires("payment", 0), _fires("payment", REOPEN + 0.000001)).groups())


def test_a_reopened_candidate_is_open_again() -> None:
    """Resolved and firing anew, it should say so under its old id."""
    ended = Sent(alert("payment", start=0, status="resolved"), 70)
    world = shop(_fires("payment", 0), ended, _fires("payment", 400))
    [candidate] = _opened(world)
    assert ("open", 2) == (candidate.state, len(candidate.members))


def _every(step: int, until: int) -> list[Sent]:
    return [_fires("payment", start, f"A{start}") for start in range(0, until + 1, step)]


def test_a_candidate_holds_alerts_up_to_exactly_its_life() -> None:
    """The last alert starts 1,800 s after the first: still the same candidate."""
    assert 1 == len(shop(*_every(GAP, LIFE)).groups())


def test_after_its_life_a_candidate_goes_on_in_a_linked_continuation() -> None:
    """The next alert opens a candidate that names the one it continues, by the rule `continued`."""
    before, after = _opened(shop(*_every(GAP, LIFE + GAP)))
    assert (None, before.candidate_id) == (before.continues, after.continues)
    assert [7, 1] == [len(before.members), len(after.members)]
    assert "continued" == after.members[0].rule


def test_a_full_candidate_goes_on_in_a_linked_continuation() -> None:
    """The number of members is a limit like the life."""
    settings = Settings(correlation=CorrelationSettings(max_members=3))
    first, second, third = _opened(shop(*_every(60, 360), settings=settings))
    assert [3, 3, 1] == [len(c.members) for c in (first, second, third)]
    assert [first.candidate_id, second.candidate_id] == [second.continues, third.continues]


def test_two_unrelated_incidents_at_the_same_time_stay_two() -> None:
    """Billing and ledger have no path to the rest of the shop."""
    sent = (_fires("payment", 0), _fires("ledger", 1), _fires("checkout", 30), _fires("billing", 31))
    assert [["checkout", "payment"], ["billing", "ledger"]] == shop(*sent).groups()


def test_scopes_never_mix() -> None:
    """The same service in staging is another incident."""
    staging = Sent(alert("payment", start=1, environment="staging"), 1)
    world = shop(_fires("payment", 0), staging)
    assert ["production", "staging"] == [candidate.environment for candidate in _opened(world)]


def test_a_bridging_alert_merges_two_candidates_and_the_earlier_survives() -> None:
    """Payment and ledger stay apart until a service that needs both alerts; then the older id stays."""
    world = shop(
        Sent(entity("desk", "payment", "ledger"), 0), _fires("payment", 0), _fires("ledger", 60), ended=False
    )
    early, late = _opened(world)
    world.send([_fires("desk", 120)])
    world.tick(None)
    last = {o.message.candidate_id: o.message for o in world.outputs if isinstance(o.message, Candidate)}
    assert [early.candidate_id] == [candidate.candidate_id for candidate in _opened(world)]
    assert ("merged", early.candidate_id) == (
        last[late.candidate_id].state,
        last[late.candidate_id].merged_into,
    )


def test_an_earlier_member_that_arrives_late_takes_the_candidate_over() -> None:
    """The id comes from the earliest member, so the candidate so far says that it is part of the new one."""
    world = shop(_fires("payment", 100), ended=False)
    [before] = _opened(world)
    world.send([Sent(alert("checkout", start=40), 130)])
    [after] = _opened(world)
    last = {o.message.candidate_id: o.message for o in world.outputs if isinstance(o.message, Candidate)}
    assert after.candidate_id == last[before.candidate_id].merged_into


def test_what_a_late_catalog_entry_ties_together_is_merged() -> None:
    """Services are resolved by the entries in force, so a new dependency joins what was apart."""
    world = shop(_fires("payment", 0), _fires("ledger", 60), ended=False)
    assert 2 == len(world.groups())
    world.send([Sent(entity("payment", "ledger"), 90)])
    world.tick(None)
    assert [["ledger", "payment"]] == world.groups()


def test_without_a_catalog_services_stay_apart() -> None:
    """Nothing is known of who needs whom, so only the same service links."""
    world = World()
    world.send([_fires("payment", 0), _fires("checkout", 1), _fires("payment", 2, "B")])
    world.tick(None)
    assert [["payment"], ["checkout"]] == world.groups()


def test_the_shop_is_what_the_stories_above_assume() -> None:
    """Names and needs should be those that the module's docstring tells."""
    needs = {e.name: [n.rpartition("/")[2] for n in e.depends_on] for e in SHOP if e.depends_on}
    assert {"frontend": ["checkout", "cart"], "checkout": ["payment", "cart"], "billing": ["ledger"]} == needs
