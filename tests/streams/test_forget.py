"""What the fold may forget: what was quiet for long, and, when there is too much, the oldest."""

from schemas.audit import AuditEntry
from schemas.settings import Settings
from schemas.thresholds import CorrelationSettings
from tests.streams.world import TENANT, Sent, World, alert, at, change, fires, shop

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def _flag(when: float, received: float | None = None) -> Sent:
    return Sent(
        change("flag", "express", when=when, service="payment"), when if received is None else received
    )


def _decided(world: World, decision: str) -> list[AuditEntry]:
    entries = [o.message for o in world.outputs if isinstance(o.message, AuditEntry)]
    return [entry for entry in entries if entry.decision == decision]


def _crowd(number: int, *, apart: float) -> list[Sent]:
    """Alerts of one service, so far from one another that each is a candidate of its own where `apart` says so."""
    return [fires("payment", FIRST + n * apart, f"A{n}") for n in range(number)]


def _evicting(limit: int, members: int = 2000) -> Settings:
    return Settings(correlation=CorrelationSettings(max_alerts=limit, max_members=members))


def test_overflow_evicts_the_oldest_and_says_so() -> None:
    """By event time; counted, on record, and an unknown of every packet from then on."""
    world = shop(*_crowd(5, apart=1000), ended=False, settings=_evicting(4))
    [scope] = world.memory.scopes.values()
    assert [at(FIRST + n * 1000) for n in (1, 2, 3, 4)] == [key[0] for key in sorted(scope.alerts)]
    [entry] = _decided(world, "evicted")
    assert {"alerts": "1", "limit": "4"} == entry.details
    world.send([fires("cart", 5000)])
    assert "overflow" in world.packets()[-1].candidate.unknowns


def test_overflow_goes_by_event_time_and_not_by_arrival() -> None:
    """What started first is dropped, also if it came last."""
    world = shop(*reversed(_crowd(5, apart=1000)), ended=False, settings=_evicting(4))
    [scope] = world.memory.scopes.values()
    assert at(FIRST) not in {key[0] for key in scope.alerts}


def test_a_storm_that_is_one_incident_keeps_its_latest_part() -> None:
    """Only the oldest stretches of it are dropped, never the alert in hand, and its candidate goes on."""
    world = shop(*_crowd(9, apart=10), ended=False, settings=_evicting(8, members=3))
    [scope] = world.memory.scopes.values()
    assert [f"A{n}" for n in range(3, 9)] == [scope.alerts[key].facts.name for key in sorted(scope.alerts)]


def test_what_was_quiet_for_the_retention_is_forgotten() -> None:
    """Alerts and changes alike, those of the whole tenant too; looked at once an hour of the clock."""
    day = Settings().correlation.retention_s
    wide = change("config", "wide", when=0, environment=None)
    world = shop(_flag(FIRST - 50), Sent(wide, 0), fires(), ended=False)
    world.tick(FIRST + 3600)
    world.tick(FIRST + day + 2 * 3600)
    [scope] = world.memory.scopes.values()
    assert ({}, {}, {}) == (scope.alerts, scope.published, scope.book.by_ref)
    assert {} == world.memory.tenants[TENANT].book.by_ref


def test_what_is_forgotten_leaves_nothing_behind() -> None:
    """Neither in what has come nor in what has settled, or a worker would grow for as long as it runs."""
    world = shop(fires("payment", FIRST), fires("checkout", FIRST + 5), ended=False)
    world.tick(FIRST + 600)
    [scope] = world.memory.scopes.values()
    assert scope.views is not None
    indexes = (scope.views.live, scope.views.settled)
    assert all(index.placing.kinship.links for index in indexes)
    world.tick(FIRST + 600 + 3 * 86_400)
    assert {} == scope.alerts
    kept = [(index.alerts, index.spots, index.placing.kins, index.placing.kinship.links) for index in indexes]
    assert [({}, [], {}, {})] * 2 == kept


def test_what_is_not_quiet_for_the_retention_is_kept_with_its_suspects() -> None:
    """An alert that goes on and on is remembered, and so is the change that it is blamed on."""
    day = Settings().correlation.retention_s
    old = Sent(change("flag", "other", when=-9000, service="payment"), 0)
    wide = Sent(change("config", "wide", when=0, environment=None), 0)
    again = Sent(alert("payment", start=FIRST), FIRST + 4000)
    world = shop(old, wide, _flag(FIRST - 50), fires(), again, ended=False)
    world.tick(FIRST + 10)
    world.tick(FIRST + day + 3700)
    [scope] = world.memory.scopes.values()
    assert (1, 1) == (len(scope.alerts), len(world.memory.tenants[TENANT].book.by_ref))
    assert ["test:flag/express@2026-02-03T03:00:50Z"] == list(scope.book.by_ref)


def test_an_alert_that_an_earlier_notification_calls_otherwise_is_filed_anew() -> None:
    """It comes late, and what it says counts: one order of arrival gives what the other gives, and forgetting works."""
    late, early = (
        Sent(alert(None, name, start=FIRST, fingerprint="one"), FIRST + after)
        for name, after in (("Renamed", 30), ("Named", 10))
    )
    others = _crowd(3, apart=1000)[1:]
    worlds = [shop(*two, *others, settings=_evicting(2)) for two in ((late, early), (early, late))]
    assert worlds[0].candidates().keys() == worlds[1].candidates().keys()
    [scope] = worlds[0].memory.scopes.values()
    assert all(key[1] != "one" for key in scope.alerts)
