"""One cluster of alerts while they are placed, and what is remembered of it until it changes. Goes to: `placing`."""

from collections import Counter
from dataclasses import dataclass, field

from streams.kinship import Kin
from streams.state import AlertKey


@dataclass(slots=True, eq=False)
class Cluster:
    """Alerts that were placed together, by start."""

    founder: AlertKey = (0, "")
    """The alert that was placed in it first: by it the clusters of two placings that have come to the same are told."""
    members: list[AlertKey] = field(default_factory=list)
    last: int = 0
    """Start of the latest, in microseconds."""
    systems: Counter[str | None] = field(default_factory=Counter)
    """How many of its alerts are of each system, None for those of no known one; none of them is 0."""
    services: Counter[str | None] = field(default_factory=Counter)
    """The same of their services."""
    sample: list[Kin] | None = None
    """Those that stand for it, until another alert is placed or one has ended."""
    said: Counter[str] | None = None
    """How often names and fingerprints come among these, where that was asked."""
    words: frozenset[str] | None = None
    """What these say, where that was asked."""

    def changed(self) -> None:
        """Other alerts may stand for it now."""
        self.sample = self.said = self.words = None


Joined = tuple[Cluster, list[AlertKey], int]
"""A cluster that became part of another, with the members and the latest start of the other before that."""
