"""The desk: who is on call and which runbook is for what, by the catalog entries in force.

Pure. An answer is about one moment, the onset of an incident, so that a packet says the same whenever it is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.events import Shift
from streams.state import EntityState


class Duty(NamedTuple):
    """One person on call, and the rota that says so."""

    rota: EntityState
    shift: Shift


@dataclass(slots=True)
class Desk:
    """Rotas by the lower-case name of their team, and runbooks by what they are for, each in the order of names."""

    rotas: dict[str, list[EntityState]] = field(default_factory=dict)
    runbooks: dict[str, list[EntityState]] = field(default_factory=dict)

    def rotas_of(self, team: str | None) -> list[EntityState]:
        """The rotas of a team."""
        return self.rotas.get(team.lower(), []) if team else []

    def on_call(self, team: str | None, at: int) -> list[Duty]:
        """Everybody who is on call for a team at a moment."""
        shifts = ((rota, shift) for rota in self.rotas_of(team) for shift in rota.facts.shifts)
        return [Duty(rota, shift) for rota, shift in shifts if shift.start <= at < shift.end]

    def indexed(self, alert: str, service: str | None) -> tuple[int, EntityState] | None:
        """The runbook that is closest to an alert on a service, and how close: 3 for both, 2 for the alert alone."""
        if not self.runbooks:
            return None
        wanted = {f"alert:{alert}".lower(), f"service:{service}".lower()}
        found = [entry for name in sorted(wanted) for entry in self.runbooks.get(name, [])]
        fitting = [(closeness, entry) for entry in found if (closeness := _closeness(entry, wanted))]
        return max(fitting, key=lambda one: (one[0], one[1].facts.entity), default=None)


def desk_of(entities: Mapping[str, EntityState]) -> Desk:
    """The desk by all catalog entries that are not deleted."""
    desk = Desk()
    for _, state in sorted(entities.items()):
        facts = state.facts
        if facts.kind == "rota" and facts.owner and not facts.deleted:
            desk.rotas.setdefault(facts.owner.lower(), []).append(state)
        if facts.kind == "runbook" and facts.runbook and not facts.deleted:
            for name in facts.about:
                desk.runbooks.setdefault(name, []).append(state)
    return desk


def _closeness(entry: EntityState, wanted: set[str]) -> int:
    """How close a runbook is: 0 where it is for another alert, or for another service."""
    about = entry.facts.about
    alerts = [name for name in about if name.startswith("alert:")]
    services = [name for name in about if name.startswith("service:")]
    if any(names and wanted.isdisjoint(names) for names in (alerts, services)):
        return 0
    return 2 * bool(alerts) + bool(services)
