"""What a fold has counted since it was last asked: for metrics alone, so no part of its memory."""

from dataclasses import dataclass, field

from schemas.metrics import LimitName


@dataclass(slots=True)
class Tally:
    """Notifications of alerts, those among them whose alert was known already, and each bound that was reached."""

    notifications: int = 0
    repeats: int = 0
    reached: list[LimitName] = field(default_factory=list)

    def add(self, positions: int, *, is_known: bool) -> None:
        """So many new source positions of one alert, which was known before, or not."""
        self.notifications += positions
        self.repeats += positions if is_known else positions - 1
