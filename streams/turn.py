"""The turn of one scope: what is at hand while the fold looks at it because of one record."""

from dataclasses import dataclass

from schemas.identity import candidate_id
from schemas.settings import Settings
from streams.assess import Surroundings
from streams.cause import Cause
from streams.memory import ScopeMemory, Views
from streams.state import AlertKey


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

    def audit(self, subject: str, decision: str, at: int, details: dict[str, str]) -> None:
        """Puts a decision about this scope on record."""
        self.cause.audit(self.scope, subject, decision, at, details)
