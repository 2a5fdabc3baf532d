"""The export of final candidates: what replays are compared and scored by. No offsets, revisions or ingest times."""

from collections.abc import Iterable

import orjson

from schemas.packets import Candidate
from schemas.times import format_time
from streams.unknowns import OF_TRANSPORT


def export(candidates: Iterable[Candidate]) -> bytes:
    """One JSON line for every candidate that was not merged into another, by opening and id.

    `candidates` may hold any number of revisions in log order; the last of each candidate counts.
    """
    final = {candidate.candidate_id: candidate for candidate in candidates}
    kept = sorted(
        (c for c in final.values() if c.merged_into is None), key=lambda c: (c.opened_at, c.candidate_id)
    )
    return b"".join(orjson.dumps(_line(candidate)) + b"\n" for candidate in kept)


def _line(candidate: Candidate) -> dict[str, object]:
    return {
        "candidate_id": candidate.candidate_id,
        "opened_at": format_time(candidate.opened_at),
        "alerts": [
            {"fingerprint": member.fingerprint, "starts_at": format_time(member.starts_at)}
            for member in candidate.members
        ],
        "suspects": [{"source_ref": s.source_ref, "score": round(s.score, 6)} for s in candidate.suspects],
        "root_services": list(candidate.root_services),
        "owner": candidate.owner,
        "proposals": [{"action": p.action, "target": p.target} for p in candidate.proposals],
        "merged_into": None,
        "unknowns": [code for code in candidate.unknowns if code not in OF_TRANSPORT],
    }
