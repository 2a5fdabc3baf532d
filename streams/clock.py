"""The fold's clocks: how far time has come, as the marks in the log say.

A clock is the minimum over all input partitions, is unset until each has spoken, and never goes back: a backlog
delays settling, it never makes things late. Reads no clock of the machine.
"""

from dataclasses import dataclass, field

from schemas.settings import is_replay
from schemas.signals import LIVE_CLOCK, Mark

Source = tuple[str, int]


def clock_of(tenant: str) -> str:
    """The clock by which a tenant lives: the shared one, or a replay's own."""
    return tenant if is_replay(tenant) else LIVE_CLOCK


@dataclass(slots=True)
class Clock:
    """One clock: the time reached by input partition, and the time reached by all."""

    reached: dict[Source, int] = field(default_factory=dict)
    now: int | None = None

    def advance(self, source: Source, time: int, sources: frozenset[Source]) -> bool:
        """Takes the time that one input partition has reached; True when the clock has moved."""
        self.reached[source] = max(time, self.reached.get(source, time))
        if not sources or not sources.issubset(self.reached):
            return False
        slowest = min(self.reached[source] for source in sources)
        if self.now is not None and slowest <= self.now:
            return False
        self.now = slowest
        return True

    def behind(self, sources: frozenset[Source], tolerance: int) -> list[tuple[Source, int]]:
        """Input partitions further than `tolerance` microseconds behind the newest, and by how much."""
        newest = max(self.reached.values(), default=0)
        late = (
            (source, newest - self.reached[source]) for source in sorted(sources) if source in self.reached
        )
        return [(source, lag) for source, lag in late if lag > tolerance]


@dataclass(slots=True)
class Clocks:
    """All clocks of a fold, and the list of input partitions that they wait for."""

    layout: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    sources: frozenset[Source] = frozenset()

    def take(self, mark: Mark) -> list[str]:
        """Takes a mark; returns the names of the clocks that have moved, in order."""
        if mark.layout != self.layout:
            self.set_layout(
                {**self.layout, **{t: max(n, self.layout.get(t, 0)) for t, n in mark.layout.items()}}
            )
        source = (mark.topic, mark.partition)
        return [
            name
            for name, time in sorted(mark.clocks.items())
            if self.clocks.setdefault(name, Clock()).advance(source, time, self.sources)
        ]

    def set_layout(self, layout: dict[str, int]) -> None:
        """Replaces the list of input partitions; partitions are only ever added."""
        self.layout = layout
        self.sources = frozenset((topic, p) for topic, count in layout.items() for p in range(count))

    def now(self, tenant: str) -> int | None:
        """The time that the tenant's clock has reached; None while it is unset."""
        clock = self.clocks.get(clock_of(tenant))
        return clock.now if clock else None

    def behind(self, tenant: str, tolerance: int) -> list[tuple[Source, int]]:
        """Input partitions that hold a live tenant's clock back by more than `tolerance` microseconds.

        A replay's clock leaps over pauses of the recording, one partition after the other: none is behind.
        """
        clock = self.clocks.get(clock_of(tenant))
        return clock.behind(self.sources, tolerance) if clock and not is_replay(tenant) else []
