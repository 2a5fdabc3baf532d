"""How far trouble travels: from which service an alert may come, and whether two alerts may come from the same one.

Errors and latency travel from a service to those who need it; missing traffic travels to what it needs, also where
a caller stopped calling because it lacks something else; a sick workload hardly travels at all. The cost of a source
is the number of dependencies on the way, and more against the direction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from streams.golden import Golden
from streams.topology import Topology

FAR: Final = 9.0
"""Cost of a source that no path leads from."""
_DOWN: Final = 0.5
"""What it costs that traffic stays away because of a caller: that something else stopped is as likely."""
_AGAINST: Final = 2.0
"""What it costs that traffic stays away because of something needed."""
_ASIDE: Final = 2.0
"""What a dependency costs for a sick workload."""
_DETOUR: Final = 1.0
"""What each dependency of a caller costs where traffic stays away because the caller lacks it."""
_UNSEEN: Final = 3.0
"""What it costs that traffic stays away whose way the catalog does not know, as through a queue: from anywhere."""

_BY_LOAD: Final = 3.0
"""What it costs that a caller's load is behind a trouble, rather than anything needed."""

Place = tuple[str, Golden]
"""A service, and the kind of trouble that it alerts of."""


@dataclass(slots=True)
class Travel:
    """Costs over one topology, remembered."""

    topology: Topology
    _costs: dict[Place, dict[str, float]] = field(default_factory=dict)
    _causes: dict[Place, dict[str, float]] = field(default_factory=dict)
    _common: dict[tuple[Place, Place], float] = field(default_factory=dict)

    def costs(self, place: Place) -> Mapping[str, float]:
        """Every service that an alert at this place may come from, with what that costs; itself among them."""
        if place not in self._costs:
            self._costs[place] = self._reach(*place)
        return self._costs[place]

    def causes(self, place: Place) -> Mapping[str, float]:
        """Every service that a change may have been made on, were it behind an alert at this place, with the cost.

        More than the sources: the callers, by their load.
        """
        if place not in self._causes:
            self._causes[place] = self._behind(*place)
        return self._causes[place]

    def reach(self, places: Iterable[Place]) -> set[str]:
        """Every service that an alert at one of these places may come from."""
        return {source for place in set(places) for source in self.costs(place)}

    def common(self, one: Place, other: Place) -> float:
        """The least cost of a source for both. A hub is one only where it alerts itself."""
        pair = (one, other) if one <= other else (other, one)
        if pair not in self._common:
            mine, theirs = self.costs(one), self.costs(other)
            shared = (
                mine[source] + theirs[source]
                for source in mine.keys() & theirs.keys()
                if source in {one[0], other[0]} or not self.topology.is_hub(source)
            )
            self._common[pair] = min(shared, default=FAR)
        return self._common[pair]

    def _reach(self, service: str, golden: Golden) -> dict[str, float]:
        needed = self.topology.upstream(service)
        if golden == "workload":
            return {source: _ASIDE * hops for source, hops in needed.items()}
        if golden != "traffic":
            return {source: float(hops) for source, hops in needed.items()}
        return self._of_missing_traffic(service)

    def _of_missing_traffic(self, service: str) -> dict[str, float]:
        """From those who call, from what they lack, and against the direction from what is needed."""
        graph = self.topology
        found = {source: hops + _AGAINST for source, hops in graph.upstream(service).items()}
        for caller, down in graph.downstream(service).items():
            _lower(found, caller, down + _DOWN)
            for lacking, up in graph.upstream(caller).items() if down else ():
                _lower(found, lacking, down + _DOWN + _DETOUR * up)
        system = graph.systems.get(service, "")
        if service in graph.uncalled(system):
            for source in graph.within(system):
                _lower(found, source, _UNSEEN)
        found[service] = _AGAINST
        return found

    def _behind(self, service: str, golden: Golden) -> dict[str, float]:
        found, callers = dict(self.costs((service, golden))), self.topology.downstream(service)
        for caller, hops in callers.items():
            if caller != service:
                _lower(found, caller, hops + _BY_LOAD)
        return found


def touched_from(service: str, graph: Topology) -> set[str]:
    """The services whose alerts, of whatever kind, `causes` may lead to this one: its other direction."""
    callers, needed = graph.downstream(service), graph.upstream(service)
    # What a caller lacks keeps its traffic from all that it calls.
    beside = {other for caller in callers for other in graph.upstream(caller)}
    return callers.keys() | needed.keys() | beside | graph.uncalled(graph.systems.get(service, ""))


def _lower(costs: dict[str, float], service: str, cost: float) -> None:
    costs[service] = min(costs.get(service, FAR), cost)


def at_cost(cost: float, values: Sequence[float], *, beyond: float) -> float:
    """The value at a cost, by those at 0, 1, 2 ...: straight between whole costs, `beyond` past the last."""
    last = len(values) - 1
    if cost >= last:
        return values[last] if cost == last else beyond
    below = int(cost)
    return values[below] + (cost - below) * (values[below + 1] - values[below])
