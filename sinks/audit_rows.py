"""Owns holding the rows of the table `audit` against the lines of the log, in step with their reading.

May not: change a row. Goes to: `sinks.audit_log`.
"""

from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from schemas.audit import AuditRecord
from sinks.rows import audit_row
from sinks.tables import AUDIT, SINK_OFFSETS
from streams.proven import Broken

_AT_ONCE: Final = 1_000


def partitions_stored(connection: Connection) -> set[int]:
    """The partitions of the log that the table has rows of."""
    return set(connection.execute(select(AUDIT.c.partition).distinct()).scalars())


class StoredRows:
    """The rows of one partition. Made before the log is read, so that every row must be of a line that is read."""

    def __init__(self, connection: Connection, partition: int) -> None:
        self._connection, self._partition = connection, partition
        # The sink may be at work: its offset first, so that it is behind the rows rather than before them.
        here = (SINK_OFFSETS.c.topic == "audit", SINK_OFFSETS.c.partition == partition)
        self._next_offset = connection.execute(select(SINK_OFFSETS.c.next_offset).where(*here)).scalar() or 0
        last = select(func.max(AUDIT.c.sequence)).where(AUDIT.c.partition == partition)
        self._end = (connection.execute(last).scalar() or 0) + 1
        self._rows: dict[int, Row[Any]] = {}
        self._read_to = 0
        self.count = 0
        """Rows that are what their line says."""

    def compare(self, offset: int, record: AuditRecord) -> None:
        """Raises Broken when the row of the line at `offset` is missing or says something else."""
        if record.sequence >= self._read_to:
            self._read(record.sequence)
        row = self._rows.pop(record.sequence, None)
        if row is None:
            if offset < self._next_offset:
                raise Broken(self._place(record.sequence), "the row is missing: the sink has stored it")
            return
        wanted = audit_row(self._partition, record).values
        wrong = [name for name, value in row._mapping.items() if value != wanted.get(name)]  # noqa: SLF001 - published
        if wrong:
            raise Broken(self._place(record.sequence), f"the row is not its line: {', '.join(wrong)}")
        self.count += 1

    def finish(self) -> None:
        """Raises Broken when the table has rows that are no lines of the log."""
        while not self._rows and self._read_to < self._end:
            self._read(self._read_to)
        if self._rows:
            raise Broken(self._place(min(self._rows)), "there is a row and no such line in the log")

    def _read(self, first: int) -> None:
        self._left_over(first)
        query = select(AUDIT).where(AUDIT.c.partition == self._partition)
        if self._read_to:  # from the very first row on: there may be one before the first line
            query = query.where(AUDIT.c.sequence >= self._read_to)
        self._read_to = first + _AT_ONCE
        query = query.where(AUDIT.c.sequence < min(self._read_to, self._end))
        self._rows = {row.sequence: row for row in self._connection.execute(query)}

    def _left_over(self, first: int) -> None:
        """Rows that were passed over have no line."""
        if self._rows and min(self._rows) < first:
            raise Broken(self._place(min(self._rows)), "there is a row and no such line in the log")

    def _place(self, sequence: int) -> str:
        return f"table audit, partition {self._partition}, sequence {sequence}"
