"""Owns the postmortem of an incident as Markdown: what happened, why, who said and decided what, and what is not known.

The same tables give the same text. Every line says what it rests on: evidence of the packet, a line of the audit log,
or the revision. Pure. May not: judge; what people have to find out is left to them. Goes to: terminal and page.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from schemas.claims import Claim
from schemas.packets import Hypothesis, Packet
from schemas.times import clock_text, format_time, span_text
from sinks.citing import Cite, ids, short
from sinks.decisions import Decision
from sinks.markdown import inert
from sinks.queries import Shown, moments

_FOR_PEOPLE: Final = (
    "What surprised us, and what helped",
    "What we change, who does it, and by when",
)


def postmortem(shown: Shown, decided: Sequence[Decision]) -> str:
    """The whole text, ending in a line break. `decided`: what the audit log holds of it."""
    packet = shown.packet
    cite = Cite(packet, shown.unproven)
    sections = (
        _head(packet),
        _titled("Summary", _claims(packet.draft, cite)),
        _titled("What failed", _claims((line.claim for line in packet.failing), cite)),
        _titled("How far it reached", _claims(packet.radius.claims, cite)),
        _titled("What changed", _claims((line.claim for line in packet.changes), cite)),
        _titled("Time line (UTC)", _timeline(packet)),
        _titled("Causes", _causes(packet, cite)),
        _titled("Who", _claims(packet.ownership.claims, cite)),
        _titled("What people said", _said(packet, cite)),
        _titled("What was proposed", _claims((one.why for one in packet.candidate.proposals), cite)),
        _titled("What was decided", map(_decision, decided)),
        _titled("What is not known", _unknown(packet)),
        _titled("Evidence", _evidence(packet)),
        *(_titled(words, ["to be written by people"]) for words in _FOR_PEOPLE),
    )
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _head(packet: Packet) -> list[str]:
    candidate = packet.candidate
    over = candidate.state in {"resolved", "closed"}
    ends = candidate.last_activity_at if over else candidate.revision.at
    facts = {
        "Incident": f"{inert(candidate.candidate_id)}, tenant {inert(candidate.tenant)}",
        "Environment": inert(candidate.environment),
        "State": f"{candidate.state}, {candidate.phase}",
        "Severity": candidate.severity,
        "Onset": format_time(candidate.opened_at),
        "Last activity": format_time(candidate.last_activity_at),
        "Lasted": span_text(max(0, ends - candidate.opened_at)) + ("" if over else " so far"),
        "Alerts": f"{len(candidate.members)}, {candidate.repeats} repeats folded",
        "Owner": inert(candidate.owner or "nobody known"),
        "Stands on": f"{_revision(packet)}, build {inert(candidate.revision.build)}",
    }
    rows = [f"| {name} | {value} |" for name, value in facts.items()]
    title = f"# {inert(candidate.short_id)}: {inert(candidate.title)}"
    note = "A draft from what is on record, for inside. `[e1]` is evidence; `?` marks what it does not state."
    return [title, "", note, "", "| | |", "|---|---|", *rows]


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    return [f"## {title}", "", *([f"- {line}" for line in lines] or ["- nothing on record"])]


def _claims(claims: Iterable[Claim], cite: Cite) -> list[str]:
    return [f"{inert(claim.text)} {cite.claim(claim)}" for claim in claims]


def _timeline(packet: Packet) -> Iterator[str]:
    for event in moments(packet):
        said = f"{inert(event.kind)}: {inert(event.text)}"
        yield f"{format_time(event.at)} {said} {ids(event.evidence) or _cited(packet)}"


def _causes(packet: Packet, cite: Cite) -> Iterator[str]:
    for one in packet.hypotheses:
        stands = "suspected" if one.verdict is None else inert(one.verdict.text)
        share = f"{one.confidence:.2f}"
        evidence = cite.claim(*([one.verdict] if one.verdict else []), *one.claims_for, *one.claims_against)
        yield f"**{inert(one.title)}**: {stands}, belief {share} {evidence or _cited(packet)}"
        yield from _weighed(one, cite)


def _weighed(one: Hypothesis, cite: Cite) -> Iterator[str]:
    for word, claims in (("for", one.claims_for), ("against", one.claims_against)):
        yield from (f"{word} {inert(one.title)}: {line}" for line in _claims(claims, cite))


def _said(packet: Packet, cite: Cite) -> Iterator[str]:
    for one in packet.feedback:
        yield f"{format_time(one.at)} {inert(one.claim.text)} {cite.claim(one.claim)}"


def _decision(decision: Decision) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in sorted(decision.details.items()) if value)
    told = f"{decision.decision} by {decision.actor}" + (f": {facts}" if facts else "")
    return f"{format_time(decision.at)} {inert(told)} [{decision.line}]"


def _unknown(packet: Packet) -> Iterator[str]:
    for gap in packet.unknowns:
        yield f"{inert(gap.text)} {_cited(packet)}"


def _evidence(packet: Packet) -> Iterator[str]:
    for one in packet.evidence:
        place = f"{one.topic}/{one.partition} offset {one.offset}"
        yield (
            f"[{inert(one.id)}] {inert(one.kind)} {inert(one.source_ref)}, {clock_text(one.at)}, {inert(place)}, "
            f"sha256 {inert(one.content_hash)}"
        )


def _cited(packet: Packet) -> str:
    return f"[{_revision(packet)}]"


def _revision(packet: Packet) -> str:
    return f"revision {packet.candidate.revision.number} of {short(packet.candidate.candidate_id)}"
