"""The turn of one scope: what is at hand while the fold looks at it because of one record."""

from dataclasses import dataclass

from schemas.identity import candidate_id
from schemas.settings import Settings, micros
from streams.assess import Assessment, Surroundings
from streams.cause import Cause
from streams.group import Group
from streams.memory import Memory, ScopeMemory, TenantMemory, Views
from streams.state import AlertKey

_BEHIND_S = 30.0
"""An input this far behind the newest is named in every packet."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One scope, its alerts by time and service, its surroundings, the settings, and where outputs go."""

    scope: ScopeMemory
    views: Views
    around: Surroundings
    settings: Settings
    cause: Cause

    def name(self, first: AlertKey) -> str:
        """The id of the candidate whose earliest member this is."""
        starts_at, fingerprint = first
        return candidate_id(self.scope.environment, starts_at, fingerprint)

    def assess(self, group: Group, by: int | None = None) -> Assessment:
        """What is thought of a group; with `by`, by what has settled by that time of the clock."""
        return self.views.looks.assess(group, self.around, self.settings, by)

    def audit(self, subject: str, decision: str, at: int, details: dict[str, str]) -> None:
        """Puts a decision about this scope on record."""
        self.cause.audit(self.scope, subject, decision, at, details)


def turn_of(
    memory: Memory, scope: ScopeMemory, tenant: TenantMemory, settings: Settings, cause: Cause
) -> Turn:
    """The turn of a scope, with what it and its tenant know by now."""
    views, behind = (
        scope.viewed(tenant, settings.correlation),
        memory.clocks.behind(scope.tenant, micros(_BEHIND_S)),
    )
    around = Surroundings(
        tenant=scope.tenant,
        environment=scope.environment,
        topology=tenant.topology(settings.correlation),
        books=(scope.book, tenant.book),
        kinds_seen=tenant.kinds_seen,
        behind=tuple((f"{topic}/{partition}", lag) for (topic, partition), lag in behind),
        evicted=scope.evicted,
        desk=tenant.desk(),
        said=scope.said,
        feeds=(scope.feeds, tenant.feeds),
        answers=scope.answers,
        past=views.settled,
    )
    return Turn(scope, views, around, settings, cause)
