"""What a fold has counted since it was last asked: for metrics alone, so no part of its memory."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Notifications of alerts that were applied, and those among them whose alert was known already."""

    notifications: int = 0
    repeats: int = 0

    def add(self, positions: int, *, is_known: bool) -> None:
        """So many new source positions of one alert, which was known before, or not."""
        self.notifications += positions
        self.repeats += positions if is_known else positions - 1
