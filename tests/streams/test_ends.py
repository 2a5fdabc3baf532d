"""Ends whose senders name no start: what they end, what they wait for, and what they leave alone."""

from itertools import permutations

import pytest

from schemas.events import Alert
from schemas.packets import Candidate
from schemas.settings import Settings
from schemas.thresholds import CorrelationSettings
from streams.export import export
from tests.streams.routing import PARTITIONS, record, route_all
from tests.streams.world import Sent, World, alert, at, fires, shop

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def _bare(when: float, what: str = "payment", environment: str | None = None) -> Alert:
    """An end that names no start, as by a resolve that names the key alone."""
    made = alert(what, start=when, status="resolved", environment=environment)
    return made.model_copy(update={"start_known": False, "ends_at": made.starts_at})


def _ends(
    when: float, received: float | None = None, *, what: str = "payment", environment: str | None = None
) -> Sent:
    return Sent(_bare(when, what, environment), when if received is None else received)


def _ended(world: World) -> list[tuple[int, int | None]]:
    """When every alert of every scope started and ended."""
    alerts = (alert for scope in world.memory.scopes.values() for alert in scope.alerts.values())
    return sorted((one.at, one.ended_at) for one in alerts)


def test_an_end_resolves_the_alert_that_is_open() -> None:
    """It makes no second one, and the packet cites it for the time at which it ended."""
    world = shop(fires(), _ends(FIRST + 60), ended=False)
    packet = world.packets()[-1]
    assert ("resolved", 1) == (packet.candidate.state, len(packet.candidate.members))
    assert [(at(FIRST), at(FIRST + 60))] == _ended(world)
    [moment] = [moment for moment in packet.timeline if moment.kind == "resolved"]
    cited = {evidence.id: evidence.offset for evidence in packet.evidence}
    assert [1] == [cited[name] for name in moment.evidence]


def test_an_end_that_comes_before_its_start_waits_for_it() -> None:
    """Nothing is told of it alone; then the alert is resolved from the first packet on."""
    world = shop(_ends(FIRST + 60, FIRST + 61), ended=False)
    assert [] == world.packets()
    world.send([Sent(alert("payment", start=FIRST), FIRST + 70)])
    [packet] = world.packets()
    assert ("resolved", [(at(FIRST), at(FIRST + 60))]) == (packet.candidate.state, _ended(world))


def test_an_end_leaves_what_starts_later_alone() -> None:
    """Also when it has found nothing to end before."""
    world = shop(_ends(FIRST - 1), fires(), ended=False)
    assert [(at(FIRST), None)] == _ended(world)


def test_an_end_at_the_very_start_ends_it() -> None:
    """At or before: a sender without times of its own may be that quick."""
    assert [(at(FIRST), at(FIRST))] == _ended(shop(fires(), _ends(FIRST)))


def test_each_of_two_episodes_has_its_own_end() -> None:
    """In whatever order the four come."""
    told = (fires(), _ends(FIRST + 60), fires(start=FIRST + 600), _ends(FIRST + 660))
    for order in permutations(told):
        assert [(at(FIRST), at(FIRST + 60)), (at(FIRST + 600), at(FIRST + 660))] == _ended(shop(*order))


def test_one_end_ends_all_that_was_started_under_its_key() -> None:
    """A tool that triggers twice and resolves once means that it is over."""
    world = shop(fires(), fires(start=FIRST + 30), _ends(FIRST + 60))
    assert [(at(FIRST), at(FIRST + 60)), (at(FIRST + 30), at(FIRST + 60))] == _ended(world)


def test_an_earlier_end_that_comes_late_counts() -> None:
    """And a later one changes nothing."""
    story = (fires(), _ends(FIRST + 90), _ends(FIRST + 60, FIRST + 95), _ends(FIRST + 120))
    assert [(at(FIRST), at(FIRST + 60))] == _ended(shop(*story))


def test_another_key_is_another_alert() -> None:
    """An end touches its own fingerprint alone."""
    assert [(at(FIRST), None)] == _ended(shop(fires(), _ends(FIRST + 60, what="cart")))


def test_an_end_far_ahead_counts_from_when_it_came() -> None:
    """A sender's wrong clock must not end what starts next."""
    far = _ends(FIRST + 90_000, FIRST + 60)
    assert [(at(FIRST), at(FIRST + 60)), (at(FIRST + 90), None)] == _ended(
        shop(fires(), far, fires(start=FIRST + 90))
    )


@pytest.mark.parametrize("first", ["end", "start"])
def test_an_end_that_names_no_environment_reaches_every_scope(first: str) -> None:
    """A resolve by its key says nothing about where; the key is the tool's own."""
    staged = Sent(alert("payment", start=FIRST, environment="staging"), FIRST)
    told = (_ends(FIRST + 60), staged) if first == "end" else (staged, _ends(FIRST + 60))
    assert [(at(FIRST), at(FIRST + 60))] == _ended(shop(*told))


@pytest.mark.parametrize("first", ["end", "start"])
def test_an_end_that_names_another_environment_leaves_it_alone(first: str) -> None:
    """It is said of that scope."""
    told = (fires(), _ends(FIRST + 60, environment="staging"))
    assert [(at(FIRST), None)] == _ended(shop(*(told if first == "start" else told[::-1])))


def test_an_end_without_an_environment_goes_to_every_partition() -> None:
    """One that names it goes where its scope is, as an alert does; neither assumes one."""
    everywhere = route_all(record(_bare(FIRST))).signals
    one = route_all(record(_bare(FIRST, environment="prod"))).signals
    assert list(range(PARTITIONS)) == [partition for partition, _ in everywhere]
    assert {(None, ())} == {(signal.environment, signal.notes) for _, signal in everywhere}
    assert ["production"] == [signal.environment for _, signal in one]


def test_an_end_is_no_repeat() -> None:
    """It is counted with nothing, so that it does not matter what it has met."""
    [alert_state] = (
        shop(fires(), _ends(FIRST + 60)).memory.scopes["replay-test", "production"].alerts.values()
    )
    assert (1, 0) == (alert_state.count, alert_state.repeats)


def test_ends_are_forgotten_with_everything_of_their_time() -> None:
    """After the retention of the fold's clock, those of a scope and those of the tenant."""
    settings = Settings(correlation=CorrelationSettings(retention_s=3600))
    told = (fires(start=1), _ends(FIRST), _ends(FIRST, environment="production"))
    world = shop(*told, ended=False, settings=settings)
    world.tick(FIRST + 2 * 3600)
    world.tick(FIRST + 4 * 3600)
    books = [world.memory.tenants["replay-test"].ends, *(s.ends for s in world.memory.scopes.values())]
    assert [{}] * len(books) == [book.by_fingerprint for book in books]


def test_an_end_alone_exports_nothing() -> None:
    """There is no candidate that nobody ever opened."""
    world = shop(_ends(FIRST))
    assert b"" == export(o.message for o in world.outputs if isinstance(o.message, Candidate))
