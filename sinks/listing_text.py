"""Owns lists, time lines and evidence as text for a terminal: 80 columns or as told, foreign text inert. Pure."""

from collections.abc import Sequence
from typing import Final

import orjson

from schemas.packets import Candidate
from schemas.times import clock_text, format_time, to_datetime
from sinks.citing import ids
from sinks.columns import WIDTH, columns_of, hanging, padded, plain, wrapped
from sinks.packet_text import standing
from sinks.queries import Event, StoredEvidence

_REASONS: Final = {
    "trimmed": "Kafka has deleted it since, by its retention",
    "compacted": "Kafka has replaced it since by a newer entry of the same key",
    "beyond_end": "its partition does not reach so far",
    "no_partition": "there is no such partition",
    "no_input_topic": "it is not on an input topic",
    "not_read": "it was not read",
}


def list_text(candidates: Sequence[Candidate], width: int = WIDTH) -> str:
    """A line or two for each candidate, latest onset first."""
    if not candidates:
        return "no candidates\n"
    lines: list[str] = []
    several = len({candidate.tenant for candidate in candidates}) > 1
    for candidate in candidates:
        began = to_datetime(candidate.opened_at)
        first = f"{padded(plain(candidate.short_id, 20), 10)}  {began:%m-%d %H:%M}  {padded(candidate.severity, 8)}  "
        stands = standing(candidate) or candidate.phase
        owner = f" · {plain(candidate.owner, 40)}" if candidate.owner else ""
        tenant = f" · tenant {plain(candidate.tenant, 63)}" if several else ""
        said = f"{plain(candidate.title, 200)} · {stands}{owner}{tenant}"
        lines += wrapped(first, said, hanging(35, width), width)
    return "\n".join(lines) + "\n"


def timeline_text(candidate: Candidate, events: Sequence[Event], width: int = WIDTH) -> str:
    """One event a line, under its day."""
    lines = wrapped(f"{plain(candidate.short_id, 20)}  ", plain(candidate.title, 200), 2, width)
    day = ""
    for event in events:
        today = f"{to_datetime(event.at):%Y-%m-%d}"
        if today != day:
            lines += ["", f"{today} (UTC)"]
            day = today
        first = f"  {clock_text(event.at)}  {padded(plain(event.kind, 10), 8)}  "
        lines += wrapped(
            first, f"{plain(event.text)} {ids(event.evidence)}".rstrip(), hanging(22, width), width
        )
    return "\n".join(lines) + "\n"


def evidence_text(candidate: Candidate, found: StoredEvidence) -> str:
    """Where it is, what it hashes to, and the original, a JSON leaf a line."""
    name = f"{plain(found.evidence_id, 12)} of {plain(candidate.short_id, 20)}"
    lines = [
        *wrapped(f"{name}  ", f"{plain(found.kind, 20)} {plain(found.source_ref, 300)}", 2),
        f"  at        {format_time(found.at)}",
        *wrapped("  position  ", f"{plain(found.topic, 60)}/{found.partition} offset {found.offset}", 12),
        *wrapped("  sha256    ", plain(found.content_hash, 64), 12),
        *wrapped("  stored    ", _standing(found), 12),
    ]
    if found.link:
        lines += wrapped("  link      ", plain(found.link, 600), 12)
    if found.original is not None:
        lines += ["", *_original(found.original)]
    return "\n".join(lines) + "\n"


def _standing(found: StoredEvidence) -> str:
    why = _REASONS.get(found.missing, plain(found.missing))
    if found.missing.startswith("different"):
        why = "the record at its position is another one"
    if found.verified:
        where = f" (in Kafka no more: {why})" if found.missing else ""
        return f"the original below has this hash{where}"
    return f"there is no original: {why}"


def _original(text: str) -> list[str]:
    """The original with indented JSON; other texts as they are, a line at a time."""
    try:
        pretty = orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        pretty = text
    lines: list[str] = []
    for line in pretty.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        margin = " " * (2 + min(indent, 40))
        lines += wrapped(margin, plain(line.strip(), 100_000), columns_of(margin) + 2)
    return lines
