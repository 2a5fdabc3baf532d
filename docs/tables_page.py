"""Owns docs/tables.md: every table and view with its columns, from the code that makes them.

What a column means is said by the message that it is filled from, where that has a field of its name. Goes to:
`docs.generate`.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from schemas.audit import AuditEntry, AuditRecord, DeadLetter
from schemas.claims import Claim, Evidence
from schemas.events import Change, Entity
from schemas.model import Message
from schemas.packets import Candidate, Member, Proposal
from sinks.catalog_table import CATALOG_ENTRIES
from sinks.feedback_table import FEEDBACK
from sinks.measures import DASHBOARD_VIEWS
from sinks.tables import (
    AUDIT,
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
    SINK_OFFSETS,
)
from sinks.views import VIEWS


class _Told(NamedTuple):
    says: str
    messages: tuple[type[Message], ...] = ()


_POSTGRES: Final = postgresql.dialect()  # type: ignore[no-untyped-call] # published without types
_TABLES: Final[dict[str, _Told]] = {
    CANDIDATES.name: _Told("Incidents as they are now: the latest revision of each candidate.", (Candidate,)),
    CANDIDATE_REVISIONS.name: _Told("Every revision of every candidate.", (Candidate,)),
    MEMBERS.name: _Told("The alerts of each candidate at its latest revision.", (Member,)),
    PACKETS.name: _Told("Context packets, one a revision; the whole packet is in `body`.", ()),
    CLAIMS.name: _Told(
        "Each statement of a packet, and whether its values stand in what it cites.", (Claim,)
    ),
    EVIDENCE.name: _Told("What a packet cites: where it was in Kafka, and its original.", (Evidence,)),
    ORIGINALS.name: _Told("Redacted originals by their hash.", ()),
    CHANGES.name: _Told("Deploys, flag and config changes as published.", (Change,)),
    CATALOG_ENTRIES.name: _Told("Every version of every entry of the service catalog.", (Entity,)),
    PROPOSALS.name: _Told("Actions that were proposed.", (Proposal,)),
    FEEDBACK.name: _Told("What people have said about incidents.", ()),
    AUDIT.name: _Told("The audit log, line by line; never deleted.", (AuditRecord, AuditEntry)),
    DEAD_LETTERS.name: _Told("What could not be understood. Restricted.", (DeadLetter,)),
    SINK_OFFSETS.name: _Told("How far the sink has come, moved in the transaction that stores the rows.", ()),
}
_MEANINGS: Final = {
    "tenant": "Tenant.",
    "candidate_id": "Candidate; unique with the tenant.",
    "revision_id": "Revision; the first content of one is kept.",
    "revision": "Ordinal that people see, from 1.",
    "alerts": "Different alerts.",
    "top_suspect": "Change that is suspected most; null: none is to blame.",
    "signals_partition": "Partition of signals at which it was cut.",
    "signals_offset": "Offset of signals at which it was cut.",
    "build": "Version of the code.",
    "settings_hash": "Hash of the settings in force.",
    "cut_at": "Time of the fold at which it was cut; of a first revision, when its first alert had arrived.",
    "stored_at": "When it could be read here.",
    "body": "The whole message as JSON.",
    "member_id": "Alert within the candidate.",
    "number": "Its place in the packet.",
    "claimed": "The literal values that it states, as JSON.",
    "evidence": "Ids of the cited evidence, as JSON.",
    "proven": "Whether every value stands in a cited original.",
    "unproven": "The values that do not, as JSON.",
    "verified": "Whether the original was found and has the cited hash.",
    "missing": "Why it was not found where it had been; empty where it was.",
    "original_hash": "Key into `originals`; of dead letters, the hash of the whole.",
    "content_hash": "SHA-256 of the redacted original.",
    "original": "The original: as text, or of dead letters as bytes.",
    "change_id": "From its name, status and time.",
    "evidence_id": "e1, e2, ... within the candidate.",
    "topic": "Topic that it comes from.",
    "partition": "Partition in that topic.",
    "offset": "Offset in that partition.",
    "next_offset": "Offset of the next record to be stored.",
    "feedback_id": "Identity, with the tenant.",
    "kind": "What kind it is.",
    "person": "Who said it, as the proxy or the settings name them.",
    "via": "Where it was said.",
    "given_at": "When it was said.",
    "into": "Of merge: the candidate that it belongs to.",
    "team": "Of hand_over and misroute: whose it is.",
    "cause": "Of close: what it was.",
    "undoes": "Of undo: the feedback that is taken back.",
    "note": "In their own words.",
    "entry_id": "Version of an entry.",
    "since": "From when it counts.",
    "deleted": "Whether this version takes the entry out.",
    "name": "Name.",
    "names": "Names of services that it may be known by.",
    "environment": "Environment.",
    "source_ref": "Of confirm and reject: name of the change; null: no change is to blame.",
    "source_topic": "Topic of the record that was decided on.",
    "source_partition": "Its partition.",
    "source_offset": "Its offset.",
    "source_index": "Place of the decision among those of that record.",
}
_HEAD: Final = """\
<!-- Made by `make docs`; change sinks/tables.py and sinks/measures.py, not this page. -->

# Tables

The sink keeps them, on SQLite or Postgres (`sink.database`). At its start it brings them to its version step by step,
all steps or none; `incidents tables migrate` does the same beforehand. An older program leaves newer tables alone.

Times are microseconds since 1970 UTC (`to_timestamp(opened_at / 1e6)` on Postgres, `datetime(opened_at / 1e6,
'unixepoch')` on SQLite). Tenants whose name begins with `replay-` are replays.

**Readers.** Dashboards read the views. On Postgres `incidents tables reader --name grafana` makes a login that can read
the views, nothing else, and write nothing.

**What is deleted.** The sink deletes what is older than `[sink]` of [settings.md](settings.md) says, a slice at a time:
revisions between the first and the shown one, incidents, replays, changes, dead letters. An original goes with the
last packet and change that need it, so a packet's evidence is there as long as the packet. The audit stays.
"""


def tables_page() -> str:
    """The whole page as Markdown, ending in a line break."""
    tables = (_table(FEEDBACK.metadata.tables[name]) for name in _TABLES)
    return "\n".join([_HEAD, "## Views\n", *map(_view, VIEWS), "## Base tables\n", *tables])


def _view(name: str) -> str:
    known = DASHBOARD_VIEWS.get(name)
    if known is None:
        return f"**`{name}`**: {_OTHERS[name]}\n"
    rows = [f"| `{column}` | {says} |" for column, says in known.columns.items()]
    return "\n".join([f"**`{name}`**: {known.says}.", "", "| column | meaning |", "|---|---|", *rows, ""])


_OTHERS: Final = {
    "incident_alerts": "a row for each kind of alert on each service of each incident.",
    "changes_followed": "a row for each incident that followed a change: that suspects it most, or that alerts on its"
    " service within two hours. Columns of both, and `suspected`.",
    "packet_views": "a row for each person who has looked at an incident's packet or evidence: how often, first, last.",
}


def _table(table: Table) -> str:
    head = [
        f"**`{table.name}`**: {_TABLES[table.name].says}",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *_rows(table), ""])


def _rows(table: Table) -> Iterator[str]:
    for column in table.columns:
        kind = column.type.compile(_POSTGRES).lower()
        empty = " or null" if column.nullable else ""
        key = " (key)" if column.primary_key else ""
        yield f"| `{column.name}`{key} | {kind}{empty} | {_meaning(table.name, column.name)} |"


def _meaning(table: str, column: str) -> str:
    for message in _TABLES[table].messages:
        if column in message.model_fields and message.model_fields[column].description:
            return str(message.model_fields[column].description).replace("|", "\\|")
    return _MEANINGS.get(column, "")
