"""Owns the list of scenarios: how large, with how many workers, and which faults how often.

May not: run anything. Goes to: `tests.chaos.campaign` and the command.
"""

from dataclasses import dataclass, replace
from typing import Final

from tests.chaos.faults import (
    Fault,
    fill_database,
    freeze_worker,
    kill_broker,
    kill_other,
    kill_worker,
    lock_database,
    lose_database,
    scale,
    slow_database,
    stop_worker,
)


@dataclass(frozen=True)
class Scenario:
    """One campaign on one system."""

    name: str
    what: str
    deliveries: int
    alerts: int
    faults: tuple[tuple[Fault, int], ...]
    workers: int = 3
    small_disk: bool = False
    """Whether the tables lie on a disk that can be filled."""

    def of_size(self, deliveries: int) -> "Scenario":
        """The same with another number of deliveries, and as many faults."""
        return replace(
            self, deliveries=deliveries, alerts=max(10, self.alerts * deliveries // self.deliveries)
        )


SCENARIOS: Final = (
    Scenario("kills", "kill -9 of random workers", 200_000, 300, ((kill_worker, 50),)),
    Scenario("stops", "SIGTERM to random workers", 20_000, 100, ((stop_worker, 10),)),
    Scenario("scale", "from one worker to three and back", 20_000, 100, ((scale, 4),), workers=1),
    Scenario(
        "freezes", "SIGSTOP of a worker past its session, then SIGCONT", 20_000, 100, ((freeze_worker, 6),)
    ),
    Scenario("broker", "kill -9 of Kafka under load", 20_000, 100, ((kill_broker, 10),)),
    Scenario("others", "kill -9 of gateway, auditor and sink", 20_000, 100, ((kill_other, 12),)),
    Scenario(
        "database",
        "the database is locked, slow, gone",
        20_000,
        100,
        ((lock_database, 2), (slow_database, 3), (lose_database, 2)),
    ),
    Scenario("disk", "no room for the tables", 5_000, 50, ((fill_database, 3),), small_disk=True),
)
SHORT: Final = Scenario(
    "short",
    "one or two of each",
    2_500,
    60,
    (
        (kill_worker, 3),
        (stop_worker, 1),
        (freeze_worker, 1),
        (kill_other, 2),
        (kill_broker, 1),
        (lose_database, 1),
    ),
)
