"""What readiness is judged by: what was seen of each service in some days, the catalog in force, and a check's answer.

Pure, and holds no judgement. Goes to: `streams.ready_checks` and `streams.readiness`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from schemas.events import EntityFacts
from streams.desk import Desk
from streams.topology import Topology


@dataclass(frozen=True)
class Seen:
    """Alerts, or changes that took effect, of one day (days since 1970) that say the same of themselves."""

    kind: Literal["alert", "deploy", "flag", "config"]
    service: str | None
    names: tuple[str, ...]
    target: str
    environment: str | None
    """As the tenant calls it; None where it was not named."""
    day: int
    count: int
    alert: str = ""


@dataclass(frozen=True)
class Check:
    """One question and its answer; `mend`: what to write or run where it is not passed."""

    code: str
    weight: int
    passed: bool
    text: str
    mend: str = ""


@dataclass(frozen=True)
class Dossier:
    """What is known of one service; `facts` is None where the catalog does not have it."""

    service: str
    facts: EntityFacts | None
    seen: tuple[Seen, ...]

    def count(self, kind: str) -> int:
        """How many of a kind came from it."""
        return self._counts[kind]

    @cached_property
    def _counts(self) -> Counter[str]:
        counts = Counter[str]()
        for one in self.seen:
            counts[one.kind] += one.count
        return counts

    @cached_property
    def changes(self) -> list[Seen]:
        """Its deploys, flag and config changes."""
        return [one for one in self.seen if one.kind != "alert"]

    @cached_property
    def alerts(self) -> list[Seen]:
        """Its alerts."""
        return [one for one in self.seen if one.kind == "alert"]


class Placed(NamedTuple):
    """What was seen, and the service that it is about, if that can be said."""

    one: Seen
    service: str | None


@dataclass(frozen=True)
class Surveyed:
    """The catalog in force at a moment, and what came in the days before it, each with the service that it is about."""

    at: int
    window_days: int
    topology: Topology
    desk: Desk
    placed: Sequence[Placed]
    refused: Mapping[tuple[str, str], int]
