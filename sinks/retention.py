"""Owns deleting what is old from the tables, a bounded slice at a time; originals that a packet cites stay with it.

The audit is never deleted: proofs need every line. The first revision of an incident stays as long as the incident,
since the measures need it, and so does the one that is shown. May not: read Kafka. Goes to: the sink, between batches.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from schemas.settings import REPLAY_PREFIX, SinkSettings
from schemas.times import SECOND
from sinks.feedback_table import FEEDBACK
from sinks.tables import (
    CANDIDATE_REVISIONS,
    CANDIDATES,
    CHANGES,
    CLAIMS,
    DEAD_LETTERS,
    EVIDENCE,
    MEMBERS,
    ORIGINALS,
    PACKETS,
    PROPOSALS,
)

_DAY: Final = 86_400 * SECOND
_SLICE: Final = 200
"""Incidents, revisions, changes or letters that one transaction deletes at most: a fraction of a second."""
_OF_REVISION: Final = (PACKETS, CLAIMS, EVIDENCE, CANDIDATE_REVISIONS)
_OF_INCIDENT: Final = (*_OF_REVISION, MEMBERS, PROPOSALS, FEEDBACK, CANDIDATES)
_ENTITY: Final = "entity"
"""What a catalog entry is as evidence: its original may be the one in force, and is kept."""

Slice = Callable[[Connection, SinkSettings, int], int]
"""Deletes one slice of what is old at this time, in microseconds since 1970; how many things that were."""


def letters(connection: Connection, settings: SinkSettings, now: int) -> int:
    """Dead letters, which Kafka keeps for 30 days as well."""
    old = DEAD_LETTERS.c.received_at < now - settings.letters_kept_days * _DAY
    found = _found(connection, select(DEAD_LETTERS.c.letter_id).where(old))
    return _delete(connection, DEAD_LETTERS, found)


def revisions(connection: Connection, settings: SinkSettings, now: int) -> int:
    """Revisions between the first one of an incident and the one that is shown."""
    identity = (PACKETS.c.tenant, PACKETS.c.candidate_id)
    shown = exists().where(
        CANDIDATES.c.tenant == PACKETS.c.tenant,
        CANDIDATES.c.candidate_id == PACKETS.c.candidate_id,
        CANDIDATES.c.revision_id == PACKETS.c.revision_id,
    )
    old = PACKETS.c.stored_at < now - settings.revisions_kept_days * _DAY
    query = select(*identity, PACKETS.c.revision_id).where(old, PACKETS.c.revision > 1, not_(shown))
    found = _found(connection, query)
    hashes = _cited(connection, found)
    for table in _OF_REVISION:
        _delete(connection, table, found)
    _forget(connection, hashes)
    return len(found)


def incidents(connection: Connection, settings: SinkSettings, now: int) -> int:
    """Whole incidents whose last packet was stored long ago, with all that belongs to them; replays sooner."""
    stored = func.max(PACKETS.c.stored_at)
    replay = PACKETS.c.tenant.like(f"{REPLAY_PREFIX}%")
    old = or_(
        and_(replay, stored < now - settings.replays_kept_days * _DAY),
        stored < now - settings.incidents_kept_days * _DAY,
    )
    identity = (PACKETS.c.tenant, PACKETS.c.candidate_id)
    found = _found(connection, select(*identity).group_by(*identity).having(old))
    hashes = _cited(connection, found)
    for table in _OF_INCIDENT:
        _delete(connection, table, found)
    _forget(connection, hashes)
    return len(found)


def changes(connection: Connection, settings: SinkSettings, now: int) -> int:
    """Changes that took effect long ago; those of a replay, which may be of any age, with its last incident."""
    replay = CHANGES.c.tenant.like(f"{REPLAY_PREFIX}%")
    left = exists().where(CANDIDATES.c.tenant == CHANGES.c.tenant)
    old = CHANGES.c.effective_at < now - settings.changes_kept_days * _DAY
    query = select(CHANGES.c.tenant, CHANGES.c.change_id, CHANGES.c.content_hash)
    found = _found(connection, query.where(old, or_(not_(replay), not_(left))))
    _delete(connection, CHANGES, found)
    _forget(connection, {row.content_hash for row in found})
    return len(found)


SLICES: Final[tuple[Slice, ...]] = (letters, revisions, incidents, changes)
"""In this order: what is cited by less cannot be needed by what comes after."""


@dataclass(slots=True)
class Retention:
    """What is left of a round; `now` everywhere in microseconds since 1970."""

    settings: SinkSettings
    _left: list[Slice] = field(default_factory=list)
    _due_at: int = 0

    def step(self, engine: Engine, now: int) -> int:
        """One slice, if a round is under way or due; how many things it deleted. Raises SQLAlchemy's errors."""
        if not self._left:
            if now < self._due_at:
                return 0
            self._left = list(SLICES)
            self._due_at = now + round(self.settings.retention_every_s * SECOND)
        with engine.begin() as connection:
            deleted = self._left[0](connection, self.settings, now)
        if deleted < _SLICE:
            self._left.pop(0)
        return deleted


def _found(connection: Connection, query: Select[tuple[str, ...]]) -> list[Row[tuple[str, ...]]]:
    return list(connection.execute(query.limit(_SLICE)))


def _delete(connection: Connection, table: Table, found: list[Row[tuple[str, ...]]]) -> int:
    """The rows of a table that belong to what was found, by the columns of its identity that both have."""
    if not found:
        return 0
    names = [name for name in found[0]._fields if name in table.columns and name != "content_hash"]
    columns = [table.c[name] for name in names]
    wanted = [tuple(getattr(row, name) for name in names) for row in found]
    connection.execute(delete(table).where(tuple_(*columns).in_(wanted)))
    return len(found)


def _cited(connection: Connection, found: list[Row[tuple[str, ...]]]) -> set[str]:
    """The originals that what was found cites."""
    if not found:
        return set()
    names = list(found[0]._fields)
    wanted = [tuple(row) for row in found]
    ours: ColumnElement[bool] = tuple_(*(EVIDENCE.c[name] for name in names)).in_(wanted)
    query = select(EVIDENCE.c.original_hash).where(ours, EVIDENCE.c.kind != _ENTITY).distinct()
    return {each for each in connection.execute(query).scalars() if each}


def _forget(connection: Connection, hashes: set[str]) -> None:
    """Delete the originals among these that neither a packet nor a change needs any more."""
    needed = or_(
        exists().where(EVIDENCE.c.original_hash == ORIGINALS.c.content_hash),
        exists().where(CHANGES.c.content_hash == ORIGINALS.c.content_hash),
    )
    ordered = sorted(hashes)
    for start in range(0, len(ordered), _SLICE):
        some = ORIGINALS.c.content_hash.in_(ordered[start : start + _SLICE])
        connection.execute(delete(ORIGINALS).where(some, not_(needed)))
