"""Owns what `candidates` and `members` show: the latest revision of each candidate, and exactly its alerts.

May not: open or end a transaction, show an earlier revision after a later one. Goes to: `sinks.store`.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, select

from schemas.packets import Candidate, Member
from sinks.rows import Values, member_row
from sinks.statements import chunks, insert_new, insert_or_replace
from sinks.tables import CANDIDATES, MEMBERS

Identity = tuple[str, str]
"""Tenant and id of a candidate."""
Said = tuple[Any, ...]
"""What a member says, its fields in their order."""
_LEAVE: Final = delete(MEMBERS).where(
    *(each == bindparam(f"old_{each.name}") for each in MEMBERS.primary_key)
)
_LEAVING: Final = tuple(f"old_{each.name}" for each in MEMBERS.primary_key)


def show(connection: Connection, revisions: Iterable[tuple[Candidate, Values]]) -> None:
    """Let the tables show the latest of these revisions, each with its row, where they do not show a later one."""
    latest = {
        (candidate.tenant, candidate.candidate_id): (candidate, values)
        for candidate, values in sorted(revisions, key=lambda each: _order(each[0]))
    }
    for some in chunks(list(latest)):
        shown = _shown(connection, some)
        newer = [
            latest[identity]
            for identity in some
            if identity not in shown or shown[identity] < _order(latest[identity][0])
        ]
        insert_or_replace(connection, CANDIDATES, (values for _, values in newer))
        _show_members(connection, [candidate for candidate, _ in newer])


def _order(candidate: Candidate) -> tuple[int, int, str]:
    """Later revisions come later; between builds at the same ordinal the further log position decides."""
    revision = candidate.revision
    return revision.number, revision.offset, revision.revision_id


def _shown(connection: Connection, identities: Collection[Identity]) -> dict[Identity, tuple[int, int, str]]:
    """The order of the revisions that are shown now, of these candidates at least."""
    names = ("tenant", "candidate_id", "revision", "signals_offset", "revision_id")
    found = select(*(CANDIDATES.c[name] for name in names)).where(_of_any(CANDIDATES, identities))
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(found).all()}


def _show_members(connection: Connection, candidates: Sequence[Candidate]) -> None:
    """Exactly the members of these revisions; what stays as it is is not written again."""
    there = _members(connection, [(each.tenant, each.candidate_id) for each in candidates])
    gone: list[tuple[str, str, str]] = []
    new: list[Values] = []
    for candidate in candidates:
        identity = (candidate.tenant, candidate.candidate_id)
        known, wanted = there.get(identity, {}), _wanted(candidate)
        gone += [(*identity, member_id) for said, member_id in known.items() if said not in wanted]
        new += [member_row(candidate, one).values for said, one in wanted.items() if said not in known]
    if gone:
        connection.execute(_LEAVE, [dict(zip(_LEAVING, each, strict=True)) for each in gone])
    insert_new(connection, MEMBERS, new)


def _wanted(candidate: Candidate) -> dict[Said, Member]:
    """The members of a revision by what they say; of two by the same alert the last."""
    by_alert = {(one.fingerprint, one.starts_at): one for one in candidate.members}
    return {tuple(vars(one).values()): one for one in by_alert.values()}


def _members(connection: Connection, identities: Collection[Identity]) -> dict[Identity, dict[Said, str]]:
    """The ids of the members that are shown now, by what they say, of these candidates at least."""
    names = ("tenant", "candidate_id", "member_id", *Member.model_fields)
    found = select(*(MEMBERS.c[name] for name in names)).where(_of_any(MEMBERS, identities))
    there: dict[Identity, dict[Said, str]] = {}
    for row in connection.execute(found).all():
        there.setdefault((row[0], row[1]), {})[row[3:]] = row[2]
    return there


def _of_any(table: Table, identities: Collection[Identity]) -> ColumnElement[bool]:
    """Rows of these candidates, and of any that has the tenant of one and the id of another.

    SQLite looks through the whole table for pairs, and finds by its index what has one of these and one of those.
    """
    tenants, candidates = ({identity[part] for identity in identities} for part in (0, 1))
    return and_(table.c.tenant.in_(sorted(tenants)), table.c.candidate_id.in_(sorted(candidates)))
