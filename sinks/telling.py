"""Owns how the alerts of a split are named by people: a number or the fingerprint, as a list shows it.

Pure. Goes to: the page and the terminal.
"""

from collections.abc import Iterable
from typing import Any

from schemas.packets import Candidate, Member


def split_of(candidate: Candidate, chosen: Iterable[str]) -> dict[str, Any]:
    """The fields of a split: the alerts that leave, and those that stay.

    `chosen`: the number of an alert in the candidate's list, from 1, or its fingerprint. Raises ValueError with what
    there is.
    """
    leaving = {number for name in chosen for number in _numbers(candidate, name.strip())}
    if len(leaving) == len(candidate.members):
        raise ValueError(f"all {len(leaving)} alerts are chosen: leave at least one in {candidate.short_id}")
    sides: dict[str, list[dict[str, Any]]] = {"alerts": [], "kept": []}
    for number, member in enumerate(candidate.members):
        sides["alerts" if number in leaving else "kept"].append(_name(member))
    return dict(sides)


def _numbers(candidate: Candidate, name: str) -> list[int]:
    members = candidate.members
    if name.isdecimal() and len(name) < 6 and 1 <= int(name) <= len(members):  # noqa: PLR2004 - fewer than 100,000
        return [int(name) - 1]
    found = [number for number, member in enumerate(members) if member.fingerprint == name]
    if not found:
        raise ValueError(f"{candidate.short_id} has no alert {name[:80]!r}: it has 1 to {len(members)}")
    return found


def _name(member: Member) -> dict[str, Any]:
    return {"fingerprint": member.fingerprint, "starts_at": member.starts_at}
