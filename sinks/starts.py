"""Owns where the sink begins to read: where the tables stand, or at the beginning of what they know nothing of.

May not: step over records that are gone, unless a person says so and it is on record. Goes to: `sinks.sink`.
"""

import time
from dataclasses import dataclass
from typing import Final

import structlog

from sinks.batch import SINK_TOPICS
from wire.admin import layout, start_offsets
from wire.errors import KafkaProblem
from wire.gaps import Gap, Offsets, Witness, gap_entry, gaps_of, tell_gaps
from wire.recorded import put_on_record

_DO: Final = "start the sink once with --accept-gaps to go on with what is left"

log = structlog.get_logger()


@dataclass(frozen=True)
class GapPolicy:
    """Who says so where records are gone, and whether a person has decided to go on with what is left."""

    witness: Witness
    accepted: bool = False


def starts(bootstrap: str, stored: Offsets, policy: GapPolicy) -> dict[tuple[str, int], int]:
    """Where to read on in each partition of the sink's topics.

    Raises KafkaProblem where topics are missing, or records that are due are gone, which is on record then.
    """
    there = layout(bootstrap)
    missing = [topic for topic in SINK_TOPICS if topic not in there]
    if missing:
        raise KafkaProblem(f"topics are missing at {bootstrap}: {', '.join(missing)}; create them first")
    wanted = [(topic, partition) for topic in SINK_TOPICS for partition in range(there[topic])]
    due = {where: stored[where] for where in wanted if where in stored}
    gaps = gaps_of(bootstrap, due)
    if gaps and not policy.accepted:
        _refuse(bootstrap, gaps, policy.witness)
    for gap in gaps:
        _pass_over(bootstrap, gap, policy.witness)
    first = start_offsets(bootstrap, [where for where in wanted if where not in stored])
    return {**due, **{(gap.topic, gap.partition): gap.first for gap in gaps}, **first}


def _refuse(bootstrap: str, gaps: list[Gap], witness: Witness) -> None:
    recorded = (
        "on record" if tell_gaps(bootstrap, gaps, witness, _now()) else "not on record: Kafka did not take it"
    )
    more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
    raise KafkaProblem(f"records are gone before they were stored ({recorded}): {gaps[0]}{more}; {_DO}")


def _pass_over(bootstrap: str, gap: Gap, witness: Witness) -> None:
    """Nothing is passed over before it stands in the audit log that it is."""
    put_on_record(bootstrap, gap_entry(gap, witness, "passed over", _now()))
    log.warning(
        "sink.gap_passed_over", topic=gap.topic, partition=gap.partition, due=gap.due, first=gap.first
    )


def _now() -> int:
    return time.time_ns() // 1000
