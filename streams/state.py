"""What the fold knows of one alert, one change, one catalog entry: merged from all notifications of it.

Merging is commutative and idempotent in everything but the count, so that the order of arrival does not matter;
the count is guarded by the cursors.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from schemas.events import AlertFacts, ChangeFacts, EntityFacts, Severity
from schemas.signals import Signal
from schemas.times import LATEST

AlertKey = tuple[int, str]
"""Identity of an alert within its scope: its published start and its fingerprint; sorts by start."""


_SEVERITIES: tuple[Severity, ...] = ("critical", "error", "warning", "info", "unknown")


def highest(severities: Iterable[Severity]) -> Severity:
    """The highest of some severities."""
    return min(severities, key=_SEVERITIES.index)


class Ref(NamedTuple):
    """Where an original is. Sorts by ingest time, then position: the earliest is the one to cite."""

    ingested_at: int
    topic: str
    partition: int
    offset: int
    content_hash: str


class End(NamedTuple):
    """When an alert ended, in microseconds, and which original says so. The earliest counts, by its earliest report."""

    at: int
    ref: Ref
    settle_at: int
    """Time of the clock from which decisions count it."""


def ref_of(signal: Signal) -> Ref:
    """The first source position of a signal."""
    span = signal.spans[0]
    return Ref(signal.ingested_at, span.topic, span.partition, span.first, signal.content_hash)


@dataclass(slots=True)
class AlertState:
    """One alert: what it says, by its earliest notification, and what has become of it."""

    key: AlertKey
    facts: AlertFacts
    ref: Ref
    at: int
    """Start for windows: the published start, or the ingest time where the start lies in the future."""
    settle_at: int
    """Time of the clock at which it settles."""
    last_at: int
    """Ingest time of the latest notification."""
    notes: frozenset[str] = frozenset()
    count: int = 0
    resolved: Ref | None = None
    ended_at: int | None = None
    ends: dict[int, int] = field(default_factory=dict)
    """Every end that was told, with the time of the clock from which decisions count it."""
    settled: bool = False
    """True once decisions count it."""
    decided: str | None = None
    """Candidate that the audit last said it joined."""
    shown: str | None = None
    """Candidate whose last revision that holds it was cut last."""
    audited_count: int = 0
    cells: dict[int, int] = field(default_factory=dict)
    """Notifications not yet audited, by the end of the interval that they came in."""

    @property
    def firing(self) -> bool:
        """True until any notification of it said resolved."""
        return self.resolved is None

    @property
    def repeats(self) -> int:
        """Notifications beyond the first."""
        return max(0, self.count - 1)

    def hears_nothing_new(self, signal: Signal, facts: AlertFacts, *, lateness: int, future: int) -> bool:
        """True where what was told before is told again, so that `absorb` would change nothing but the latest time.

        In a storm that is most of what comes, and to see it costs less than to make another state and take it in.
        """
        at, span, settle_at = signal.ingested_at, signal.spans[0], settle_time(signal, lateness)
        earliest = self.ref
        if facts.status == "firing":
            if self.ends or self.facts.status != "firing":
                return False
        else:
            end = facts.ends_at
            if end is None or self.resolved is None or end != self.ended_at or self.ends[end] > settle_at:
                return False
            earliest = max(earliest, self.resolved)
        return (
            earliest[:4] < (at, span.topic, span.partition, span.first)
            and self.at <= facts.starts_at <= at + future
            and at <= signal.notified_at + lateness
            and self.settle_at <= settle_at
            and self.notes.issuperset(signal.notes)
        )

    def absorb(self, other: "AlertState") -> bool:
        """Takes in another state of the same alert; True when more than the count may have changed."""
        told = (self.facts, self.resolved, self.ended_at, self.notes)
        if (other.facts.status == "resolved", other.ref) < (self.facts.status == "resolved", self.ref):
            self.facts, self.ref = other.facts, other.ref
        self.at = min(self.at, other.at)
        self.settle_at = min(self.settle_at, other.settle_at)
        self.last_at = max(self.last_at, other.last_at)
        self.notes |= other.notes
        for at, settle_at in other.ends.items():
            self.ends[at] = min(settle_at, self.ends.get(at, settle_at))
        if other.resolved is not None and other.ended_at is not None:
            self._count(other.ended_at, other.resolved)
        return told != (self.facts, self.resolved, self.ended_at, self.notes)

    def end(self, end: End) -> bool:
        """Takes in an end of it; True when it is now the one that counts."""
        self.ends[end.at] = min(end.settle_at, self.ends.get(end.at, end.settle_at))
        return self._count(end.at, end.ref)

    def ended_by(self, now: int) -> int | None:
        """When it ended, by what has settled at this time of the clock."""
        return min((at for at, settle_at in self.ends.items() if settle_at <= now), default=None)

    def _count(self, at: int, ref: Ref) -> bool:
        if (
            self.resolved is not None
            and self.ended_at is not None
            and (at, ref) >= (self.ended_at, self.resolved)
        ):
            return False
        self.ended_at, self.resolved = at, ref
        return True

    def add_count(self, new: int, interval_end: int) -> None:
        """Counts `new` notifications that came in the interval ending at `interval_end`."""
        self.count += new
        self.cells[interval_end] = self.cells.get(interval_end, 0) + new


def alert_of(signal: Signal, facts: AlertFacts, *, lateness: int, future: int) -> AlertState:
    """The state of an alert after this one notification; the count is not yet in it."""
    ref = ref_of(signal)
    ahead = facts.starts_at > signal.ingested_at + future
    late = signal.ingested_at > signal.notified_at + lateness
    resolved = facts.status == "resolved"
    ended_at = (signal.ingested_at if facts.ends_at is None else facts.ends_at) if resolved else None
    settle_at = settle_time(signal, lateness)
    return AlertState(
        key=(facts.starts_at, facts.fingerprint),
        facts=facts,
        ref=ref,
        at=signal.ingested_at if ahead else facts.starts_at,
        settle_at=settle_at,
        last_at=signal.last_ingested_at,
        notes=_noted(signal.notes, ahead=ahead, late=late),
        resolved=ref if resolved else None,
        ended_at=ended_at,
        ends={} if ended_at is None else {ended_at: settle_at},
    )


@lru_cache(maxsize=256)
def _noted(notes: tuple[str, ...], *, ahead: bool, late: bool) -> frozenset[str]:
    """All notes of a signal; one set for all that have the same."""
    found = {"start_in_future": ahead, "late": late}
    return frozenset((*notes, *(note for note, holds in found.items() if holds)))


def settle_time(signal: Signal, lateness: int) -> int:
    """When a signal settles: its notification time plus the lateness, or its ingest time if it was later still."""
    return min(max(signal.notified_at + lateness, signal.ingested_at), LATEST)


_STATUS_RANK = {"succeeded": 0, "failed": 1, "started": 2, "unknown": 3}


@dataclass(slots=True)
class ChangeState:
    """One change: the report of it that counts, which is the first of its best status."""

    facts: ChangeFacts
    ref: Ref
    settle_at: int
    notes: frozenset[str] = frozenset()

    @property
    def suspectable(self) -> bool:
        """True when it took effect and no rule says that it cannot be to blame."""
        return self.facts.suspectable and self.facts.status == "succeeded"

    def absorb(self, other: "ChangeState") -> bool:
        """Takes in another report of the same change; True when it is now the one that counts."""
        self.notes |= other.notes
        if _report_order(other) >= _report_order(self):
            return False
        self.facts, self.ref, self.settle_at = other.facts, other.ref, other.settle_at
        return True


def change_of(signal: Signal, facts: ChangeFacts, lateness: int) -> ChangeState:
    """The state of a change after this one report."""
    return ChangeState(facts, ref_of(signal), settle_time(signal, lateness), frozenset(signal.notes))


def _report_order(change: ChangeState) -> tuple[int, Ref]:
    return _STATUS_RANK[change.facts.status], change.ref


@dataclass(slots=True)
class EntityState:
    """One catalog entry: the newest."""

    facts: EntityFacts
    ref: Ref

    def absorb(self, other: "EntityState") -> bool:
        """Takes in another version; True when it is the newer one, and says something else."""
        if other.ref <= self.ref:
            return False
        changed = self.facts != other.facts
        self.facts, self.ref = other.facts, other.ref
        return changed
