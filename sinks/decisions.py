"""Owns what the audit log holds of one candidate, as the tables have it. Goes to: the postmortem."""

from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection, select

from schemas.packets import Candidate
from sinks.tables import AUDIT

_LOOKS: Final = "viewed"
_MOST: Final = 5_000


@dataclass(frozen=True)
class Decision:
    """One line of the audit log; `at` in microseconds since 1970."""

    at: int
    decision: str
    actor: str
    details: dict[str, str]
    line: str
    """Its partition and number there, by which `incidents audit proof` finds it."""


def decisions(connection: Connection, candidate: Candidate) -> list[Decision]:
    """Every decision about a candidate, and what people said of it, in order; looks at it are left out."""
    table = AUDIT
    ours = select(
        table.c.at, table.c.decision, table.c.actor, table.c.details, table.c.partition, table.c.sequence
    ).where(
        table.c.tenant == candidate.tenant,
        table.c.subject == candidate.candidate_id,
        table.c.decision != _LOOKS,
    )
    rows = connection.execute(ours.order_by(table.c.at, table.c.partition, table.c.sequence).limit(_MOST))
    return [
        Decision(
            row.at or 0,
            row.decision or "",
            row.actor or "",
            orjson.loads(row.details or b"{}"),
            f"audit {row.partition}/{row.sequence}",
        )
        for row in rows
    ]
