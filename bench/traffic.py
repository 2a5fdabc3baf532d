"""Owns the load: what is delivered when, by whom, and which deliveries must give a packet at once.

The same for the same seed and start: the process that sends and the one that measures make the same plan.
Deliveries come by chance at an even rate (exponential pauses), whatever became of those before.

| share | what |
|---|---|
| 86 % | repeats: a group of one to four standing alerts, as Alertmanager and its twin send it again |
| 6 % | a new alert, of a rule that its service has not shown before: a packet is due at once |
| 3 % | a standing group, resolved |
| 5 % | changes: a deployment that succeeded, or a ConfigMap, a fifth of those without an environment |

May not: send, or measure. Goes to: `bench.load` and `bench.latency`.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import orjson

from bench.organisation import ENVIRONMENTS, catalog, kinds
from bench.senders import Object, alert, config_map, deployment, group, resolved

STANDING: Final = 500
"""Alerts that fire before the measurement begins."""
_LARGEST_GROUP: Final = 4
_SHARES: Final = {"repeat": 0.86, "new": 0.06, "resolved": 0.03, "change": 0.05}
_STEADY: Final = {"repeat": 0.94, "resolved": 0.03, "change": 0.03}
_TWINS: Final = ("https://alerts-0.bench.example", "https://alerts-1.bench.example")
_SEVERITIES: Final = ("critical", "warning", "warning")
_UNMAPPED: Final = 0.2
"""Share of ConfigMaps in a namespace that stands for no environment: they concern every scope."""
_OLDEST_S: Final = 20.0
"""A new alert started at most so long before it is delivered."""

What = Literal["repeat", "new", "resolved", "change"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery. `at`: seconds since 1970 at which it is due; `ref`: the alert in it that is due a packet."""

    at: float
    what: What
    source: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    ref: str | None = None


class Traffic:
    """The load of one run; `start` in seconds since 1970 is when the first delivery may be due."""

    def __init__(self, seed: int, start: float) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same load every time, not a secret
        self._start = start
        self._kinds = kinds()
        self._chance.shuffle(self._kinds)
        self._groups = list(self._grouped([self._alert(start - 30.0) for _ in range(STANDING)]))
        self._changes = 0

    def standing(self) -> Iterator[Planned]:
        """What is delivered before: the catalog, then every standing alert once."""
        header = ("content-type", "application/yaml")
        yield Planned(self._start, "change", "catalog", catalog().encode(), (header,))
        for members in self._groups:
            yield _alerts(self._start, "repeat", members, _TWINS[0])

    def deliveries(
        self, rate: float, seconds: float, after: float = 0.0, *, steady: bool = False
    ) -> Iterator[Planned]:
        """`rate` deliveries a second for `seconds`, by when they are due, from `after` seconds after the start.

        `steady`: no alert is new, so that what has to be remembered does not grow with time but by changes.
        """
        shares = _STEADY if steady else _SHARES
        at, end = self._start + after, self._start + after + seconds
        while (at := at + self._chance.expovariate(rate)) < end:
            (what,) = self._chance.choices([*shares], [*shares.values()])
            yield self._makers[what](at)

    @property
    def _makers(self) -> dict[str, Callable[[float], Planned]]:
        return {"repeat": self._repeat, "new": self._new, "resolved": self._resolved, "change": self._change}

    def _alert(self, starts: float) -> Object:
        """An alert of a kind that has not fired before."""
        return alert(self._kinds.pop(), self._chance.choice(_SEVERITIES), starts)

    def _grouped(self, alerts: list[Object]) -> Iterator[list[Object]]:
        while alerts:
            size = self._chance.randint(1, _LARGEST_GROUP)
            yield alerts[:size]
            alerts = alerts[size:]

    def _repeat(self, at: float) -> Planned:
        return _alerts(at, "repeat", self._chance.choice(self._groups), self._chance.choice(_TWINS))

    def _resolved(self, at: float) -> Planned:
        members = self._chance.choice(self._groups)
        return _alerts(at, "resolved", [resolved(member, at - 1.0) for member in members], _TWINS[0])

    def _new(self, at: float) -> Planned:
        new = self._alert(at - self._chance.uniform(1.0, _OLDEST_S))
        return _alerts(at, "new", [new], _TWINS[0], f"alertmanager:{new['fingerprint']}@{new['startsAt']}")

    def _change(self, at: float) -> Planned:
        self._changes += 1
        place = self._chance.choice(self._kinds)
        if self._changes % 2:
            body = deployment(self._changes, place.service, place.environment, at)
            header = ("x-github-event", "deployment_status")
            return Planned(at, "change", "github", orjson.dumps(body), (header,))
        namespace = "shared" if self._chance.random() < _UNMAPPED else place.environment
        body = config_map(self._changes, place.service, namespace, at)
        return Planned(at, "change", "kubernetes-audit", orjson.dumps(body))


def _alerts(
    at: float, what: What, members: Sequence[Object], address: str, ref: str | None = None
) -> Planned:
    return Planned(at, what, "alertmanager", orjson.dumps(group(members, address)), ref=ref)


def environments() -> dict[str, str]:
    """What the tenant's settings must say of its namespaces: each environment has one of the same name."""
    return {name: name for name in ENVIRONMENTS}
