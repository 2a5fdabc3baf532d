"""What an index files an alert by, and the alerts of one scope so filed: by service, or by name, and by fingerprint.

Where what it is filed by changes, an alert is filed anew. Goes to: `streams.again`, `streams.correlate`.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain

from schemas.events import AlertFacts
from streams.state import AlertKey
from streams.vocabulary import words_of

Spot = tuple[int, AlertKey]
"""Place of an alert in time: its start for windows, and its key."""
_UNNAMED = "alert:"


def filed_by(facts: AlertFacts) -> tuple[object, ...]:
    """What an index files an alert by; hardly ever another in two notifications of one alert."""
    named = facts.service, facts.namespace, facts.references, facts.labels.get("namespace")
    return facts.source, facts.name, words_of(facts), *named


@dataclass(slots=True)
class Filing:
    """Where alerts are found: under a label, which is the service or else the name, and under the fingerprint."""

    by_label: dict[str, list[Spot]] = field(default_factory=dict)
    by_fingerprint: dict[str, list[Spot]] = field(default_factory=dict)
    _unnamed: dict[str, None] = field(default_factory=dict)
    """Labels of alerts that nothing ties to a service."""

    def add(self, facts: AlertFacts, service: str | None, spot: Spot) -> None:
        """Files an alert."""
        label = _label(facts, service)
        insort(self.by_label.setdefault(label, []), spot)
        insort(self.by_fingerprint.setdefault(facts.fingerprint, []), spot)
        if service is None:
            self._unnamed[label] = None

    def remove(self, facts: AlertFacts, service: str | None, spot: Spot) -> None:
        """Takes it out again."""
        for filed, label in (
            (self.by_label, _label(facts, service)),
            (self.by_fingerprint, facts.fingerprint),
        ):
            filed[label].remove(spot)
            if not filed[label]:
                del filed[label]
                self._unnamed.pop(label, None)

    def between(self, label: str, opens: int, closes: int) -> list[AlertKey]:
        """Keys of the alerts filed under a label that start from `opens` to `closes`, both included."""
        spots = self.by_label.get(label, [])
        return [key for _, key in spots[bisect_left(spots, (opens,)) : bisect_left(spots, (closes + 1,))]]

    def begun(self, fingerprint: str, by: int) -> list[AlertKey]:
        """Keys of the alerts of a fingerprint that started at or before this time, by start."""
        spots = self.by_fingerprint.get(fingerprint, [])
        return [key for _, key in spots[: bisect_left(spots, (by + 1,))]]

    def labels(self, services: Collection[str] | None) -> Iterator[str]:
        """Under what alerts are filed that name one of these services, or no service; all for None."""
        if services is None:
            return iter(self.by_label)
        return chain((one for one in services if one in self.by_label), self._unnamed)


def _label(facts: AlertFacts, service: str | None) -> str:
    return service or _UNNAMED + facts.name
