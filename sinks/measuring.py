"""Owns the measures of Level 1 as metrics: read from the view now and then, told by tenant.

May not: say what the tables do not. What only people can tell has no value while nobody has said anything. Goes to:
the metrics of the sink. Tenants are those of the settings, so that their names are safe as labels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, text

from schemas.metrics import (
    DEDUPE_RATIO,
    FALSE_PAGE_RATIO,
    HANDOFFS,
    INCIDENTS,
    MISROUTE_RATIO,
    OVER_MERGES,
    TIME_TO_CONTEXT,
    TIME_TO_UPDATE,
    Gauge,
)
from schemas.times import SECOND
from wire.meters import Readings, watch

_EVERY: Final = 60 * SECOND
_DAY: Final = 86_400 * SECOND
_ASKED: Final = text("SELECT * FROM incident_measures WHERE opened_at >= :since")
_QUANTILES: Final = {"0.5": 50, "0.9": 90}

Incidents = Sequence[Mapping[str, Any]]
"""Rows of the view `incident_measures`."""


def _share(of: str) -> Callable[[Incidents], float | None]:
    def share(incidents: Incidents) -> float | None:
        spoken = any(one["spoken_of"] for one in incidents)
        return sum(one[of] > 0 for one in incidents) / len(incidents) if spoken else None

    return share


def _sum(of: str) -> Callable[[Incidents], float | None]:
    return lambda incidents: sum(one[of] for one in incidents)


_TOLD: Final[Mapping[Gauge, Callable[[Incidents], float | None]]] = {
    INCIDENTS: len,
    DEDUPE_RATIO: lambda incidents: 1 - len(incidents) / sum(one["notifications"] for one in incidents),
    OVER_MERGES: _sum("over_merges"),
    FALSE_PAGE_RATIO: _share("false_page"),
    MISROUTE_RATIO: _share("misroutes"),
    HANDOFFS: _sum("handoffs"),
}
_TIMES: Final = {TIME_TO_CONTEXT: "context_s", TIME_TO_UPDATE: "update_s"}


@dataclass(slots=True)
class Measures:
    """The measures as they were last read; `days`: how far back incidents count."""

    days: float
    _known: dict[str, Incidents] = field(default_factory=dict)
    _due_at: int = 0

    def __post_init__(self) -> None:
        """Has them told from now on."""
        for gauge in _TOLD:
            watch(gauge, lambda gauge=gauge: self._values(gauge))  # type: ignore[misc]
        for gauge in _TIMES:
            watch(gauge, lambda gauge=gauge: self._times(gauge))  # type: ignore[misc]

    def step(self, engine: Engine, now: int) -> None:
        """Read them anew, if it is time; `now` in microseconds since 1970. Raises SQLAlchemy's errors."""
        if now < self._due_at:
            return
        self._due_at = now + _EVERY
        with engine.connect() as connection:
            found = connection.execute(_ASKED, {"since": round(now - self.days * _DAY)}).mappings()
            rows = [dict(row) for row in found]
        self._known = {tenant: [one for one in rows if one["tenant"] == tenant] for tenant in _tenants(rows)}

    def _values(self, gauge: Gauge) -> Readings:
        told = {(tenant,): _TOLD[gauge](incidents) for tenant, incidents in self._known.items()}
        return {labels: value for labels, value in told.items() if value is not None}

    def _times(self, gauge: Gauge) -> Readings:
        readings: dict[tuple[str, ...], float] = {}
        for tenant, incidents in self._known.items():
            known = sorted(one[_TIMES[gauge]] for one in incidents if one[_TIMES[gauge]] is not None)
            for name, share in _QUANTILES.items() if known else ():
                readings[tenant, name] = known[-(-len(known) * share // 100) - 1]
        return readings


def _tenants(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({row["tenant"] for row in rows})
