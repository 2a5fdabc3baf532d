"""Ends whose senders name no start: they wait here for the alerts that they end, whichever comes first.

An end belongs to every alert of its fingerprint that started at or before it, as a tool that knows alerts by a key
means it; each alert counts the earliest. That is a pure function of both sets, so the order of arrival does not matter.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from schemas.events import AlertFacts
from schemas.signals import Signal
from streams.state import AlertState, End, ref_of, settle_time


def end_of(signal: Signal, facts: AlertFacts, *, lateness: int, future: int) -> End:
    """The end that a notification tells; one more than `future` microseconds ahead counts from its ingest time."""
    stated = facts.starts_at if facts.ends_at is None else facts.ends_at
    at = signal.ingested_at if stated > signal.ingested_at + future else stated
    return End(at, ref_of(signal), settle_time(signal, lateness))


@dataclass(slots=True)
class EndBook:
    """Ends by fingerprint, in the order of their times."""

    by_fingerprint: dict[str, list[End]] = field(default_factory=dict)

    def add(self, fingerprint: str, end: End) -> None:
        """Takes in one end; the same one again changes nothing."""
        known = self.by_fingerprint.setdefault(fingerprint, [])
        if end not in known[bisect_left(known, end) :][:1]:
            insort(known, end)

    def end(self, alert: AlertState) -> None:
        """Ends an alert by the first end at or after its start, if there is one."""
        known = self.by_fingerprint.get(alert.facts.fingerprint, [])
        for end in known[bisect_left(known, alert.at, key=lambda end: end.at) :][:1]:
            alert.end(end)

    def drop_before(self, moment: int) -> None:
        """Forgets the ends before `moment`."""
        for fingerprint, known in list(self.by_fingerprint.items()):
            del known[: bisect_left(known, moment, key=lambda end: end.at)]
            if not known:
                del self.by_fingerprint[fingerprint]
