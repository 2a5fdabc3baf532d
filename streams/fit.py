"""How well a change explains alerts: by what it costs trouble to travel from it to each, and by how long after it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import NamedTuple

from schemas.thresholds import RankingSettings
from schemas.times import SECOND
from streams.golden import Golden
from streams.kinship import Kin
from streams.rhythm import USUAL
from streams.state import ChangeState
from streams.topology import Tie
from streams.travel import Travel, at_cost


class Spot(NamedTuple):
    """Where an alert is, as far as that counts for what may have caused it."""

    service: str | None
    golden: Golden
    namespace: str | None


class _Reached(NamedTuple):
    """An alert that may come from a change: what the change weighs there, when it began, and its sender's period."""

    weight: float
    at: int
    period: float


@dataclass(slots=True)
class Fits:
    """How well changes fit the alerts of one group, which is asked of many changes in a row."""

    kins: Sequence[Kin]
    travel: Travel
    settings: RankingSettings
    _spots: tuple[Spot, ...] = field(init=False)
    """The places of all alerts, each once."""
    _spot_of: tuple[int, ...] = field(init=False)
    """The place of each alert by its number."""
    _unnamed: tuple[int, ...] = field(init=False)
    """The places where nothing names a service: what is there may come from anywhere."""
    _costs: dict[str, dict[int, float]] = field(default_factory=dict)
    """The places that trouble may come to from each service, with what that costs."""
    _reached: dict[tuple[Tie, str | None], tuple[_Reached, ...]] = field(default_factory=dict)
    """The alerts that may come from changes of a tie and a namespace."""

    def __post_init__(self) -> None:
        """Sorts the alerts by place."""
        numbers: dict[Spot, int] = {}
        spots = (Spot(kin.service, kin.golden, kin.namespace) for kin in self.kins)
        self._spot_of = tuple(numbers.setdefault(spot, len(numbers)) for spot in spots)
        self._spots = tuple(numbers)
        self._unnamed = tuple(number for spot, number in numbers.items() if spot.service is None)
        for spot, number in numbers.items():
            if spot.service:
                for service, cost in self.travel.causes((spot.service, spot.golden)).items():
                    self._costs.setdefault(service, {})[number] = 0.0 if service == spot.service else cost

    def may_come_from(self, tie: Tie) -> bool:
        """True where any of the alerts may come from a change of this tie."""
        return tie.service is None or tie.service in self._costs or bool(self._unnamed)

    def of(self, change: ChangeState, tie: Tie) -> float:
        """Mean over the alerts of how well each fits a fault made by the change; 0 where none may come from it."""
        reached = self._reached_from(tie, change.facts.namespace)
        if not reached:
            return 0.0
        lag = lag_of(change, self.settings)
        return sum([weight * lag(at, period) for weight, at, period in reached]) / len(self.kins)

    def of_any(self, change: ChangeState, ties: Iterable[tuple[Tie, float]]) -> float:
        """The same for a change that may be tied in several ways, each with its share: for each alert the best."""
        namespace, lag, best = change.facts.namespace, lag_of(change, self.settings), dict[int, float]()
        for tie, share in ties:
            for spot, weight in self.weights(tie, namespace).items():
                best[spot] = max(best.get(spot, 0.0), weight * share)
        placed = zip(self._spot_of, self.kins, strict=True)
        return sum([best.get(spot, 0.0) * lag(kin.at, kin.period) for spot, kin in placed]) / len(self.kins)

    def weights(self, tie: Tie, namespace: str | None) -> dict[int, float]:
        """How well a fault where a change is, in this namespace, fits each place that it may reach.

        By what it costs trouble to travel there.
        """
        settings = self.settings
        if tie.how == "nothing":
            return dict.fromkeys(range(len(self._spots)), settings.unmapped)
        if tie.service is None:
            mine = (n for n, spot in enumerate(self._spots) if spot.namespace == namespace)
            return dict.fromkeys(mine, settings.namespace)
        costs, share = self._costs.get(tie.service, {}), settings.by_name if tie.how == "name" else 1.0
        known = {cost: at_cost(cost, settings.place, beyond=0.0) * share for cost in set(costs.values())}
        found = {number: known[cost] for number, cost in costs.items() if known[cost]}
        return found | dict.fromkeys(self._unnamed, settings.unmapped)

    def _reached_from(self, tie: Tie, namespace: str | None) -> tuple[_Reached, ...]:
        if (tie, namespace) not in self._reached:
            weights = self.weights(tie, namespace)
            self._reached[tie, namespace] = tuple(
                _Reached(weights[spot], kin.at, kin.period)
                for spot, kin in zip(self._spot_of, self.kins, strict=True)
                if spot in weights
            )
        return self._reached[tie, namespace]


def lag_of(change: ChangeState, settings: RankingSettings) -> Callable[[int, float], float]:
    """What the lag of an alert says, by when it began in microseconds and its sender's period in seconds.

    1 where an alert follows a change as late as it usually does, less before and after; a cause comes first. A fault
    has to take hold, to reach what alerts, and to last until a rule believes it: the sum of such waits is hardly ever
    nothing, has a usual length, and is seldom a multiple of it (as in a gamma distribution). It grows with the period
    of the alert's sender, which sees a fault so much later.
    """
    took_effect, skew_s, at_once = change.facts.effective_at, settings.skew_s, settings.at_once
    usual_s = settings.usual_lag_s.get(change.facts.kind, USUAL)
    late_by, late_power = settings.late_by, settings.late_power

    def weight(at: int, period: float) -> float:
        lag = (at - took_effect) / SECOND
        if lag < -skew_s:
            return settings.long_after_onset
        if lag < 0:
            return settings.after_onset
        usual = usual_s + late_by * (period - USUAL)
        likely = lag / usual * exp(1 - lag / usual)
        if lag < usual:
            return at_once + (1 - at_once) * likely
        return float(likely**late_power)

    return weight
