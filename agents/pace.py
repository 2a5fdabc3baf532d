"""Owns how fast something is asked: so many at once, and so many a minute in the long run."""

import threading
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """A bucket of `burst` permits that fills by `per_minute`."""

    per_minute: int
    burst: int
    _left: float = field(init=False)
    _seen: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Begins full."""
        self._left = float(self.burst)

    def wait(self, stop: threading.Event) -> bool:
        """Returns once one may be asked; False where `stop` was set meanwhile."""
        pause = self.pause(time.monotonic())
        while pause > 0:
            if stop.wait(pause):
                return False
            pause = self.pause(time.monotonic())
        return not stop.is_set()

    def pause(self, now: float) -> float:
        """Takes a permit and gives 0, or gives the seconds until there is one; `now` of a monotonic clock."""
        self._left = min(self.burst, self._left + max(0.0, now - self._seen) * self.per_minute / 60)
        self._seen = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) * 60 / self.per_minute
