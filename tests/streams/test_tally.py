"""What the fold counts for its metrics: each notification once, and which of them were repeats."""

from schemas.metrics import LimitName
from schemas.settings import Settings
from schemas.thresholds import CorrelationSettings
from streams.fold import Fold
from streams.memory import Memory
from streams.tally import Tally
from tests.streams.world import World, fires


def test_each_notification_counts_once_and_one_of_a_known_alert_is_a_repeat() -> None:
    """Three of one alert, folded into one signal, and one of another are four, two of them repeats."""
    world = World()
    world.send([fires(), fires(), fires(), fires("booking")])
    fold = Fold(Memory(0), world.settings, world.build)
    for offset, signal in enumerate(world.log):
        fold.apply(offset, signal)
    assert Tally(4, 2) == fold.tallied()
    assert Tally() == fold.tallied()


def test_what_the_router_wrote_twice_counts_once() -> None:
    """After a kill the same positions come again; they are no further notifications."""
    world = World()
    world.send([fires()])
    fold = Fold(Memory(0), world.settings, world.build)
    for offset, signal in enumerate([*world.log, *world.log]):
        fold.apply(offset, signal)
    assert Tally(1, 0) == fold.tallied()


def _reached(alerts: int, correlation: CorrelationSettings, apart: float) -> list[LimitName]:
    world = World(settings=Settings(correlation=correlation))
    world.send([fires("payment", 100 + n * apart, f"A{n}") for n in range(alerts)])
    fold = Fold(Memory(0), world.settings, world.build)
    for offset, signal in enumerate(world.log):
        fold.apply(offset, signal)
    return fold.tallied().reached


def test_a_candidate_that_is_full_counts_once() -> None:
    """Of seven alerts in candidates of three, two are full, however often they are looked at."""
    limits = CorrelationSettings(max_members=3)
    assert ["candidate_alerts", "candidate_alerts"] == _reached(7, limits, 60)


def test_a_scope_that_is_full_counts_each_time() -> None:
    """Each alert beyond the most of a scope makes it forget the oldest once."""
    assert ["scope_alerts", "scope_alerts"] == _reached(6, CorrelationSettings(max_alerts=4), 1000)
