"""Owns the sections of a packet's text that weigh: why, what is proposed, what is not known, the draft. Pure."""

from typing import Final

from schemas.claims import Claim
from schemas.packets import Check, Hypothesis, Packet, Proposal
from schemas.times import clock_text
from sinks.citing import Cite, short
from sinks.columns import cut, plain, wrapped

_MOST_UNKNOWNS: Final = 12
_INDENT: Final = 11
_CHECKED: Final = 2
"""Explanations whose check is printed: it is the first two that a person has to tell apart."""
_ACTIONS: Final = {
    "revert_flag": "revert",
    "rollback_deployment": "roll back",
    "revert_config": "revert",
}


def why(packet: Packet, cite: Cite) -> list[str]:
    """The ranked explanations with what speaks for and against each, and how to tell."""
    lines = ["WHY, RANKED (suspects only: a person confirms)"]
    for hypothesis in packet.hypotheses:
        lines += _hypothesis(hypothesis, cite)
    if not packet.hypotheses:
        lines.append("  nothing to rank yet")
    if packet.candidate.phase == "provisional":
        lines += wrapped("  ", "Provisional: what arrives in the next minutes may change this order.", 2)
    return lines


def _hypothesis(hypothesis: Hypothesis, cite: Cite) -> list[str]:
    first = cut(f"  {hypothesis.rank}  {hypothesis.confidence:.2f}", _INDENT - 2) + "  "
    lines = wrapped(first, plain(hypothesis.title), _INDENT)
    if hypothesis.verdict is not None:
        verdict = f"{plain(hypothesis.verdict.text)} {cite.claim(hypothesis.verdict)}"
        lines += wrapped(" " * _INDENT + "by a person: ", verdict, _INDENT)
    is_top = hypothesis.rank == 1
    if is_top or hypothesis.claims_for:
        lines += _claims("for: ", hypothesis.claims_for, cite)
    if (is_top and hypothesis.source_ref is not None) or hypothesis.claims_against:
        lines += _claims("against: ", hypothesis.claims_against, cite)
    if hypothesis.check is None or hypothesis.rank > _CHECKED:
        return lines
    return [*lines, *_check(hypothesis.check, cite)]


def _claims(word: str, claims: tuple[Claim, ...], cite: Cite) -> list[str]:
    said = "; ".join(f"{plain(claim.text)} {cite.claim(claim)}" for claim in claims)
    return wrapped(" " * _INDENT + word, said or "nothing found", _INDENT)


def _check(check: Check, cite: Cite) -> list[str]:
    indent = _INDENT + 7
    lines = wrapped(" " * _INDENT + "CHECK  ", plain(check.question), indent)
    if check.query:
        lines += wrapped(" " * indent, plain(check.query, 600), indent)
    answers = f"true -> {plain(check.if_true)}; false -> {plain(check.if_false)}"
    lines += wrapped(" " * indent, answers, indent)
    if check.answer is None:
        return lines
    return [
        *lines,
        *wrapped(" " * indent, f"answer: {plain(check.answer.text)} {cite.claim(check.answer)}", indent),
    ]


def said(packet: Packet, cite: Cite) -> list[str]:
    """What people have said, each with the beginning of its id, by which it can be taken back."""
    lines = ["WHAT PEOPLE SAID"]
    for one in packet.feedback:
        words = f"{plain(one.claim.text)} {cite.claim(one.claim)} ({plain(one.feedback_id[:10], 12)})"
        lines += wrapped(f"  {clock_text(one.at)}  ", words, 12)
    return lines


def proposed(packet: Packet, cite: Cite) -> list[str]:
    """The actions that a person could take, or why there is none."""
    proposals = packet.candidate.proposals
    lines: list[str] = []
    for number, proposal in enumerate(proposals):
        lines += _proposal(proposal, "PROPOSED   " if number == 0 else " " * _INDENT, cite)
    return lines or wrapped("PROPOSED   ", _no_proposal(packet), _INDENT)


def _proposal(proposal: Proposal, first: str, cite: Cite) -> list[str]:
    name = short(proposal.proposal_id, "P")
    back = f" to {plain(proposal.to, 80)}" if proposal.to else ""
    action = f"{_ACTIONS[proposal.action]} {plain(proposal.target, 120)}{back} in {plain(proposal.environment, 60)}"
    margin = " " * _INDENT
    lines = wrapped(f"{first}{name}  tier {proposal.tier}  ", action, _INDENT)
    if proposal.overtaken is not None:
        overtaken = f"{plain(proposal.overtaken.text)} {cite.claim(proposal.overtaken)}"
        return [*lines, *wrapped(f"{margin}NO LONGER NEEDED: ", overtaken, _INDENT)]
    lines += wrapped(f"{margin}why: ", f"{plain(proposal.why.text)} {cite.claim(proposal.why)}", _INDENT)
    lines += wrapped(f"{margin}worked if: ", plain(proposal.verification), _INDENT)
    lines += wrapped(f"{margin}undo: ", plain(proposal.rollback), _INDENT)
    return [*lines, *wrapped(margin, "Nothing has been done: a person does it, in the tool itself.", _INDENT)]


def _no_proposal(packet: Packet) -> str:
    candidate = packet.candidate
    if candidate.phase == "provisional":
        return "nothing while it is provisional"
    if candidate.state == "resolved":
        return "nothing: it is resolved"
    suspected = packet.hypotheses and packet.hypotheses[0].source_ref is not None
    return "nothing: no suspect is strong enough" if suspected else "nothing: no change is suspected"


def unknown(packet: Packet) -> list[str]:
    """What is not known, a line each."""
    lines = ["NOT KNOWN"]
    for gap in packet.unknowns[:_MOST_UNKNOWNS]:
        lines += wrapped("  - ", plain(gap.text), 4)
    if len(packet.unknowns) > _MOST_UNKNOWNS:
        lines.append(f"  - and {len(packet.unknowns) - _MOST_UNKNOWNS} more")
    return lines if packet.unknowns else [*lines, "  - nothing that the checks look for is missing"]


def draft(packet: Packet, cite: Cite) -> list[str]:
    """Sentences for people inside, each with what it rests on."""
    lines = ["DRAFT FOR STAKEHOLDERS (inside only; a person reads it before it is sent)"]
    return [*lines, *wrapped("  ", sentences(packet.draft, cite) or "nothing to say yet", 2)]


def outside(packet: Packet, cite: Cite) -> list[str]:
    """Sentences for people outside; nobody has approved them."""
    said = sentences(packet.outside.sentences, cite) if packet.outside else ""
    return ["DRAFT FOR OUTSIDE  NEEDS APPROVAL", *wrapped("  ", said or "nothing to say yet", 2)]


def sentences(claims: tuple[Claim, ...], cite: Cite) -> str:
    """Statements as sentences, each with what it rests on."""
    return " ".join(f"{plain(claim.text).removesuffix('.')} {cite.claim(claim)}." for claim in claims)
