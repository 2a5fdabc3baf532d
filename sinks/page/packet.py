"""Owns what a template needs of a packet beside the packet itself: pictures, citations, what is only counted.

Pure. Fields that the templates do not know are shown as they are named, so that nothing new in a packet is hidden.
"""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from schemas.claims import Claim
from schemas.packets import (
    Candidate,
    ChangeLine,
    Failing,
    Heard,
    Hypothesis,
    Member,
    Ownership,
    Packet,
    Proposal,
    Radius,
)
from schemas.times import span_text
from sinks.membership import RULES
from sinks.page.axis import axis
from sinks.page.graph import graph
from sinks.page.words import rest
from sinks.queries import Event, Shown, moments

_REVISIONS: Final = 30
"""Revisions that are shown, the latest ones."""
_MEMBERS: Final = 100
_LINES: Final = 30
_FEW: Final = 12
"""Lines of a list that are open from the beginning; a click opens the others, and paper has all of them."""
_SECTIONS: Final = (
    ("changed", "What changed"),
    ("timeline", "Time line"),
    ("radius", "Blast radius"),
    ("why", "Why"),
    ("who", "Who"),
    ("proposed", "Proposed"),
    ("unknown", "Not known"),
    ("draft", "Draft"),
    ("said", "What people said"),
    ("evidence", "Evidence"),
)
"""Where one jumps to from the head of a long page."""
_KNOWN: Final[dict[type[BaseModel], str]] = {
    Packet: "candidate whats_new news summary failing signals radius changes changes_unshown changes_elsewhere "
    "window_from window_to hypotheses ownership unknowns timeline draft outside evidence feedback",
    Candidate: "tenant environment candidate_id short_id revision phase state title severity opened_at "
    "last_activity_at repeats members suspects root_services owner proposals unknowns merged_into continues",
    Failing: "service alert severity value since alerts repeats firing claim",
    Radius: "services edges quiet claims",
    ChangeLine: "at kind target services title before after actor source_ref lead_s claim",
    Hypothesis: "rank confidence source_ref kind target title claims_for claims_against check features verdict",
    Ownership: "owner service how on_call runbook runbook_owner runbook_reviewed_at runbook_due_at claims",
    Proposal: "proposal_id tenant environment candidate_id action target tier why to rollback verification "
    "proposed_at overtaken",
    Heard: "feedback_id kind at person claim",
    Member: "fingerprint starts_at service name rule linked_to score",
}
"""The fields that have a place of their own on the page."""


def packet_values(shown: Shown, told: list[Event]) -> dict[str, Any]:
    """Everything that the template of an incident shows. `told`: its revisions."""
    packet, candidate = shown.packet, shown.packet.candidate
    happened = moments(packet)
    doubted = {id(claim) for number, claim in enumerate(packet.claims()) if number in shown.unproven}
    ends = candidate.last_activity_at if candidate.state in {"resolved", "closed"} else candidate.revision.at
    return {
        "packet": packet,
        "candidate": candidate,
        "doubted": lambda *claims: any(id(claim) in doubted for claim in claims),
        "cited": cited,
        "further": further,
        "axis": axis(happened, candidate.opened_at),
        "happened": happened,
        "graph": graph(packet.radius, candidate, {line.service for line in packet.failing if line.firing}),
        "lasted": span_text(max(0, ends - candidate.opened_at)),
        "kinds": len({(line.service, line.alert) for line in packet.failing}),
        "members": candidate.members[:_MEMBERS],
        "names": {member.fingerprint: member for member in candidate.members},
        "rules": RULES,
        "lines": _LINES,
        "few": _FEW,
        "sections": _SECTIONS,
        "measured": [one for one in packet.signals if one.claim is not None and one.kind != "alert"],
        "unmeasured": _unmeasured(packet),
        "revisions": told[-_REVISIONS:][::-1],
        "older_revisions": max(0, len(told) - _REVISIONS),
        "reopened": "now open" in packet.whats_new,
        "draft": _said(packet.draft),
        "outside": _said(packet.outside.sentences if packet.outside else ()),
    }


def _unmeasured(packet: Packet) -> list[tuple[str, list[str]]]:
    """Why nothing was measured, and of which kinds of signals that is so."""
    found: dict[str, list[str]] = {}
    for signal in packet.signals:
        if signal.claim is None:
            found.setdefault(signal.text, []).append(signal.kind)
    return list(found.items())


def cited(*claims: Claim | None) -> list[str]:
    """The evidence of one or several statements, each id once."""
    return list(dict.fromkeys(each for claim in claims if claim is not None for each in claim.evidence))


def further(message: BaseModel) -> list[tuple[str, Any]]:
    """The fields of a part of a packet that the page has no place of its own for, and that say something."""
    known = " ".join(names for model, names in _KNOWN.items() if isinstance(message, model))
    return rest(message, frozenset(known.split()))


def _said(claims: Iterable[Claim]) -> str:
    """A draft as it is copied: its sentences, and what each rests on."""
    return " ".join(_sentence(claim) for claim in claims)


def _sentence(claim: Claim) -> str:
    return f"{claim.text.removesuffix('.')} [{', '.join(_once(claim.evidence))}]."


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
