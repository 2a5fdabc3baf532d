"""Owns when faults happen: beside the load, each once so many deliveries have been answered.

May not: know what a fault does. Goes to: `tests.chaos.campaign`.
"""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tests.chaos.faults import Fault
from tests.endtoend.whole import Whole


class Due(NamedTuple):
    """A fault, and the number of answered deliveries at which it is due."""

    at: int
    fault: Fault


def schedule(faults: Sequence[tuple[Fault, int]], deliveries: int, chance: random.Random) -> list[Due]:
    """Each fault so many times, in an order by chance, spread over the deliveries."""
    wanted = [fault for fault, times in faults for _ in range(times)]
    chance.shuffle(wanted)
    stretch = deliveries / (len(wanted) + 1)
    return [Due(round((n + chance.uniform(0.6, 1.4)) * stretch), fault) for n, fault in enumerate(wanted)]


class Barrage:
    """Does the faults in a thread of its own. `done` counts them by name."""

    def __init__(self, whole: Whole, due: Sequence[Due], chance: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._whole, self._due, self._chance = whole, tuple(due), chance
        self._sent = 0
        self._moved = threading.Condition()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="faults", daemon=True)
        self._thread.start()

    def reached(self, sent: int) -> None:
        """So many deliveries have been answered. Waits while a fault is under way and the next one is due.

        Raises what a fault could not do.
        """
        with self._moved:
            self._sent = sent
            self._moved.notify_all()
            self._moved.wait_for(lambda: self._failure is not None or self._behind() <= 1)
        self._check()

    def finish(self) -> None:
        """All deliveries have been answered: what is due still is done now, and waited for."""
        with self._moved:
            self._sent = max((due.at for due in self._due), default=0)
            self._moved.notify_all()
        self._thread.join()
        self._check()

    def _behind(self) -> int:
        return sum(due.at <= self._sent for due in self._due) - self.done.total()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            for due in self._due:
                self._wait(due.at)
                due.fault(self._whole, self._chance)
                with self._moved:
                    self.done[due.fault.__name__] += 1
                    self._moved.notify_all()
        except BaseException as failure:  # noqa: BLE001 - it is raised where it is seen
            with self._moved:
                self._failure = failure
                self._moved.notify_all()

    def _wait(self, at: int) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._sent >= at)
