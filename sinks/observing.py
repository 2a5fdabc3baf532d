"""Owns what the sink tells of its work: records stored, how old they were, claims that are not proven.

May not: change anything, or wait. Goes to: `wire.meters`.
"""

from schemas.metrics import DEAD_LETTERS, ROWS, UNPROVEN
from schemas.times import SECOND
from sinks.batch import Batch
from sinks.tables import CLAIMS
from sinks.tables import DEAD_LETTERS as LETTERS
from wire.meters import count, hop


def stored(batch: Batch, now: float) -> None:
    """A batch can be read; `now` in seconds since 1970."""
    for topic, records in batch.counts.items():
        count(ROWS, records, topic)
        hop("stored", now - batch.oldest[topic] / SECOND)
    count(UNPROVEN, sum(not row["proven"] for table, row in batch.rows if table is CLAIMS))
    for table, row in batch.rows:
        if table is LETTERS and row["source"] == "sink":
            count(DEAD_LETTERS, 1, "sink", row["reason"])
