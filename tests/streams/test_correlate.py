"""Which alerts belong together: situations of the shop, and the candidates that should come of them.

The shop: frontend -> checkout -> payment, frontend and checkout -> cart; billing -> ledger stands apart.
"""

from schemas.audit import AuditEntry
from schemas.events import Entity
from schemas.packets import Candidate, Member
from schemas.settings import Settings
from schemas.thresholds import CorrelationSettings
from streams.kinship import Kinship, kin_of
from tests.streams.pieces import alert_state, topology
from tests.streams.world import SHOP, Sent, World, alert, change, entity, shop

LIFE = 1800
"""Seconds: the setting that the boundaries below stand on."""


def test_the_boundary_below_is_that_of_the_settings() -> None:
    """Life should be the default."""
    assert Settings().correlation.life_s == LIFE


def _fires(service: str | None, start: float, name: str = "HighErrorRate", **more: str | None) -> Sent:
    return Sent(
        alert(service, name, start=start, environment="production", fingerprint=more.get("fp")), start
    )


def _members(world: World) -> list[Member]:
    return [member for candidate in _opened(world) for member in candidate.members]


def _opened(world: World) -> list[Candidate]:
    return sorted(world.candidates().values(), key=lambda c: (c.opened_at, c.candidate_id))


def test_another_alert_of_the_same_service_joins_by_same_service() -> None:
    """The member should say by which rule, by which other and how strongly it belongs."""
    first, second = _members(shop(_fires("payment", 0, "A", fp="a"), _fires("payment", 10, "B", fp="b")))
    assert ("first", None) == (first.rule, first.linked_to)
    assert ("same_service", "a") == (second.rule, second.linked_to)
    assert 0.5 < second.score < 1


def test_a_service_that_needs_a_failing_one_joins_by_dependency() -> None:
    """Checkout needs payment: one hop."""
    world = shop(_fires("payment", 0), _fires("checkout", 60))
    assert ["first", "dependency"] == [member.rule for member in _members(world)]


def test_the_failing_service_may_alert_after_the_one_that_needs_it() -> None:
    """Dependencies link both ways, since a symptom may be seen before its cause."""
    assert [["checkout", "payment"]] == shop(_fires("checkout", 0), _fires("payment", 60)).groups()


def test_the_farther_away_the_weaker_the_tie() -> None:
    """Frontend needs checkout, which needs payment."""
    ties = [_members(shop(_fires("payment", 0), _fires(s, 60)))[1].score for s in ("checkout", "frontend")]
    assert ties == sorted(ties, reverse=True)


def test_two_services_that_need_the_same_join_by_shared_dependency() -> None:
    """Orders and checkout both need payment, which itself stays quiet."""
    world = shop(Sent(entity("orders", "payment"), 0), _fires("checkout", 0), _fires("orders", 60))
    assert ["first", "shared_dependency"] == [member.rule for member in _members(world)]


def _hub_entries(callers: int) -> list[Entity]:
    return [entity(f"caller-{number}", "broker") for number in range(callers)]


def _hub(callers: int) -> list[Sent]:
    return [Sent(entry, 0) for entry in _hub_entries(callers)]


def _score(callers: int, one: str, other: str) -> float:
    """How strongly two alerts at one moment belong together where so many services need the broker."""
    graph = topology(entity("broker"), *_hub_entries(callers))
    kinship = Kinship(graph, Settings().correlation)
    first, second = (kin_of(alert_state(alert(name, start=0)), name, None) for name in (one, other))
    return kinship.score(first, second)


def test_a_hub_ties_its_callers_together_no_more_than_none_at_all() -> None:
    """With one caller more than a hub may have, what all need says nothing; with as many, it does."""
    most = Settings().correlation.hub_degree
    assert _score(most + 1, "caller-0", "caller-1") < _score(most, "caller-0", "caller-1")


def test_a_hub_that_fails_itself_takes_its_callers_with_it() -> None:
    """Its own alert is tied to theirs as that of any dependency, however many callers it has."""
    callers = Settings().correlation.hub_degree + 1
    assert _score(callers, "broker", "caller-0") == _score(1, "broker", "caller-0")
    sent = (_fires("broker", 0), _fires("caller-0", 9), _fires("caller-1", 9))
    assert 1 == len(shop(Sent(entity("broker"), 0), *_hub(callers), *sent).groups())


def test_a_service_that_the_catalog_lacks_joins_by_its_own_name_alone() -> None:
    """Two alerts of an unknown service belong together, and with nothing else."""
    world = shop(_fires("unheard-of", 0, "A"), _fires("unheard-of", 60, "B"), _fires("payment", 60))
    assert [["unheard-of"], ["payment"]] == world.groups()


def test_an_alert_without_a_service_joins_no_service() -> None:
    """Nothing ties it to what alerts at the same time."""
    assert [["None"], ["payment"]] == shop(_fires(None, 0), _fires("payment", 1)).groups()


def _resolved(service: str, start: float, end: float, name: str = "HighErrorRate") -> Sent:
    return Sent(alert(service, name, start=start, status="resolved", end=end), end + 1)


def test_what_still_fires_is_joined_by_what_a_resolved_alert_is_not() -> None:
    """Four minutes later on the same service: a new incident, unless the first is still going on."""
    assert [["payment"]] == shop(_fires("payment", 0, "A"), _fires("payment", 240, "B")).groups()
    over = _resolved("payment", 0, 60, "A")
    assert [["payment"], ["payment"]] == shop(over, _fires("payment", 240, "B")).groups()


def test_an_end_that_is_told_late_parts_what_it_had_held_together() -> None:
    """The second joined while the first seemed to fire; its end, told later, lay before the second's start."""
    world = shop(_fires("payment", 0, "A"), _fires("payment", 240, "B"), ended=False)
    assert 1 == len(world.groups())
    world.send([Sent(alert("payment", "A", start=0, status="resolved", end=60), 250)])
    world.tick(None)
    assert 2 == len(world.groups())


def test_an_alert_that_flaps_stays_in_its_candidate() -> None:
    """Ended and firing anew two minutes later, under its old id, which is open again."""
    world = shop(_fires("payment", 0), _resolved("payment", 0, 30), _fires("payment", 150))
    [candidate] = _opened(world)
    assert ("open", 2, "same_alert") == (candidate.state, len(candidate.members), candidate.members[1].rule)


def test_the_same_alert_long_after_it_ended_is_a_new_candidate() -> None:
    """An hour later it is another incident."""
    assert 2 == len(shop(_fires("payment", 0), _resolved("payment", 0, 30), _fires("payment", 3600)).groups())


def test_a_chain_does_not_grow_without_end() -> None:
    """Ended alerts four minutes apart: each near the next, the far ends apart; so not all are one."""
    chain = [_resolved("payment", start, start + 30, f"A{start}") for start in range(0, 7200, 240)]
    groups = [len(candidate.members) for candidate in _opened(shop(*chain))]
    assert max(groups) < len(chain) / 2


def _slow(count: int) -> list[Sent]:
    """A sender that evaluates every five minutes: alerts of a service that needs nothing, each five minutes long."""
    return [_resolved("billing", 600 * number, 600 * number + 300) for number in range(count)]


def test_a_sender_that_evaluates_every_five_minutes_may_take_five_minutes_more() -> None:
    """Ended alerts five minutes apart are one candidate once the rhythm of their sender is known, else two."""
    late = [_resolved("payment", 7000, 7060, "A"), _resolved("checkout", 7300, 7360, "B")]
    assert [["payment"], ["checkout"]] == shop(*late).groups()
    assert ["checkout", "payment"] in shop(*_slow(8), *late).groups()


def _every(step: int, until: int) -> list[Sent]:
    return [_fires("payment", start, f"A{start}") for start in range(0, until + 1, step)]


def test_a_candidate_holds_alerts_up_to_exactly_its_life() -> None:
    """The last alert starts 1,800 s after the first: still the same candidate."""
    settings = Settings(correlation=CorrelationSettings(quiet=0, apart=0))
    assert 1 == len(shop(*_every(300, LIFE), settings=settings).groups())


def test_after_its_life_a_candidate_goes_on_in_a_linked_continuation() -> None:
    """The next alert opens a candidate that names the one it continues, by the rule `continued`."""
    settings = Settings(correlation=CorrelationSettings(quiet=0, apart=0))
    before, after = _opened(shop(*_every(300, LIFE + 300), settings=settings))
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


def test_regular_background_noise_stays_apart() -> None:
    """A job fails for a minute every ten: neither that makes a candidate, nor does it join what fails between."""
    noise = [_resolved("cart", start, start + 60, "KubeJobFailed") for start in range(0, 3600, 600)]
    between = [_fires("payment", 1500), _fires("checkout", 1530)]
    assert sorted([["cart"]] * len(noise) + [["checkout", "payment"]]) == sorted(
        shop(*noise, *between).groups()
    )


def test_the_rate_of_one_system_says_nothing_of_another() -> None:
    """A storm in billing does not raise the bar for the shop."""
    shopping = [_resolved("payment", 100, 130), _resolved("checkout", 170, 230)]
    storm = [_fires("ledger", second, fp=f"storm-{second}") for second in range(95)]
    assert ["checkout", "payment"] in shop(*shopping).groups()
    assert ["checkout", "payment"] in shop(*storm, *shopping).groups()


def test_scopes_never_mix() -> None:
    """The same service in staging is another incident."""
    staging = Sent(alert("payment", start=1, environment="staging"), 1)
    world = shop(_fires("payment", 0), staging)
    assert ["production", "staging"] == [candidate.environment for candidate in _opened(world)]


def test_a_bridging_alert_merges_two_candidates_and_the_earlier_survives() -> None:
    """Payment and frontend, ended and two minutes apart, until checkout between them alerts; the older id stays."""
    world = shop(_resolved("payment", 0, 10), _resolved("frontend", 120, 130), ended=False)
    early, late = _opened(world)
    world.send([_fires("checkout", 121)])
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


def _two_at_once(*changes: Sent) -> World:
    """Two services that hardly know one another fail a minute apart, with all that calls them."""
    calling = [Sent(entity(f"{what}-page-{n}", what), 0) for what in ("search", "basket") for n in range(4)]
    shared = [
        Sent(entity("search", "store"), 0),
        Sent(entity("basket", "store"), 0),
        Sent(entity("store"), 0),
    ]
    names = [[what, *(f"{what}-page-{n}" for n in range(4))] for what in ("search", "basket")]
    first, second = (
        [_fires(name, at) for name in group] for group, at in zip(names, (1000, 1060), strict=True)
    )
    world = World()
    world.send([*shared, *calling, *changes, *first, *second])
    world.tick(None)
    return world


_CHANGES = [
    Sent(change("deploy", what, when=at, service=what), at)
    for what, at in (("search", 960), ("basket", 1030))
]


def test_two_services_that_were_changed_are_two_sources() -> None:
    """A minute apart on one system, with a change on each just before: two candidates."""
    together, apart = _two_at_once().groups(), _two_at_once(*_CHANGES).groups()
    assert [1, 2] == [len(together), len(apart)]


def test_why_an_alert_began_an_incident_of_its_own_is_told_where_it_was_split_off() -> None:
    """Rule and pair stand in the candidate, and in the audit as it is settled."""
    world = _two_at_once(*_CHANGES)
    began = [min(c.members, key=lambda m: (m.starts_at, m.fingerprint)) for c in world.candidates().values()]
    [split] = [member for member in began if member.rule == "split"]
    assert {"first", "split"} == {member.rule for member in began}
    members = [member for candidate in world.candidates().values() for member in candidate.members]
    [other] = [member for member in members if member.fingerprint == split.linked_to]
    assert ("search", True) == (other.service, str(split.service).startswith("basket"))
    joined = [o.message.details for o in world.outputs if isinstance(o.message, AuditEntry)]
    assert ("split", other.fingerprint) in [(d.get("rule"), d.get("linked_to")) for d in joined]


def test_the_shop_is_what_the_stories_above_assume() -> None:
    """Names and needs should be those that the module's docstring tells."""
    needs = {e.name: [n.rpartition("/")[2] for n in e.depends_on] for e in SHOP if e.depends_on}
    assert {"frontend": ["checkout", "cart"], "checkout": ["payment", "cart"], "billing": ["ledger"]} == needs
