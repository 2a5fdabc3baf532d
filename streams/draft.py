"""The words of a packet: for responders, for people inside, and what is new. Every sentence is built from its claims.

A sentence cites what the claims cite that it is made of, and states no value that they do not state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from schemas.claims import Claim
from schemas.identity import short_id
from schemas.packets import Failing, Heard, Hypothesis, Ownership, Proposal, Radius
from schemas.times import clock_text, to_datetime
from streams.assess import Assessment
from streams.blame import Owner
from streams.citations import claim, time_value

_FEW = 3
"""Names in one sentence; the others are counted."""

Topic = Literal["kind", "suspect", "owner", "action", "person", "other"]


class News(NamedTuple):
    """One thing that has changed since the last revision, in words, and what the words are about."""

    text: str
    about: Topic = "other"
    subject: str = ""
    """The kind of alert, where it is about one: its rule and service; what was said, where a person said it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the sections of a packet say: all that its words may be made of."""

    failing: Sequence[Failing]
    radius: Radius
    hypotheses: Sequence[Hypothesis]
    ownership: Ownership
    proposals: Sequence[Proposal]
    heard: Sequence[Heard] = ()


def title_of(assessment: Assessment, environment: str) -> str:
    """What is failing, in one line."""
    verb = "failing" if assessment.firing else "recovered"
    return f"{_subject(assessment)[0]} {verb} in {environment}"


def _subject(assessment: Assessment) -> tuple[str, bool]:
    """The services that alert, in words, else the rule; and whether they are several."""
    services = assessment.services
    if not services:
        return assessment.group.placed[0].alert.facts.name, False
    more = len(services) - 1
    others = f" and {more} more service{'s' if more > 1 else ''}" if more else ""
    return f"{services[0]}{others}", more > 0


def summary_of(assessment: Assessment, said: Said) -> tuple[Claim, ...]:
    """For responders: what began first, how far it reaches, what is suspected, what is proposed, whom to ask."""
    return (
        *_first(assessment, said),
        *_reach(said.radius),
        *_suspicion(said),
        *_remedy(said.proposals),
        *_whom(said.ownership),
    )


def draft_of(assessment: Assessment, environment: str, said: Said) -> tuple[Claim, ...]:
    """For people inside who do not answer the incident; what is meant for outside has words of its own."""
    return (
        *_symptom(assessment, environment, said.failing),
        *_cause(said),
        *_remedy(said.proposals),
        *_owner(said.ownership, assessment.owner),
    )


def news_of(news: Sequence[News], said: Said) -> tuple[Claim, ...]:
    """What has changed since the last revision, each with what shows it."""
    return tuple(claim(f"{one.text}.", *_showing(one, said)) for one in news)


def _showing(news: News, said: Said) -> Sequence[str]:
    first = said.failing[0].claim.evidence[:1]
    top = said.hypotheses[0]
    shown: dict[Topic, Sequence[str]] = {
        "kind": [e for line in said.failing if news.subject == _kind(line) for e in line.claim.evidence[:1]],
        "suspect": [e for speaks in (*top.claims_for, *top.claims_against) for e in speaks.evidence[:1]],
        "owner": [e for stated in said.ownership.claims[:1] for e in stated.evidence],
        "person": [e for one in said.heard if news.subject == one.claim.text for e in one.claim.evidence],
        "action": [e for proposal in said.proposals for e in proposal.why.evidence],
    }
    return shown.get(news.about) or first


def _kind(line: Failing) -> str:
    return f"{line.alert} on {line.service}"


def _first(assessment: Assessment, said: Said) -> Iterator[Claim]:
    line, alerts = said.failing[0], len(assessment.group.placed)
    others = f", the first of {alerts} alerts" if alerts > 1 else ""
    began = f"{_kind(line)} since {clock_text(line.since)}{others}."
    yield claim(began, *line.claim.evidence, values=line.claim.values)
    if not assessment.firing:
        yield claim(
            "All of them have resolved.", *(e for one in said.failing for e in one.claim.evidence[:1])
        )


def _reach(radius: Radius) -> Iterator[Claim]:
    """The first dependencies between what alerts, in one sentence."""
    shown = radius.claims[: min(len(radius.edges), _FEW)]
    if shown:
        more = len(radius.edges) - len(shown)
        text = "; ".join(stated.text for stated in shown) + (
            f"; {more} more such dependencies" if more else ""
        )
        evidence = [e for stated in shown for e in stated.evidence]
        yield claim(f"{text}.", *evidence, values=tuple(v for stated in shown for v in stated.values))


def _suspicion(said: Said) -> Iterator[Claim]:
    """The likeliest explanation with its strongest reason and its belief; never a verdict."""
    top = said.hypotheses[0]
    belief = f"belief {top.confidence:.2f}"
    if top.source_ref is None:
        text = f"No recorded change explains it so far ({belief})."
        yield claim(text, *said.failing[0].claim.evidence[:1])
        return
    word, speaks = ("for", top.claims_for) if top.claims_for else ("against", top.claims_against)
    for reason in speaks[:1]:
        text = f"Likeliest of {len(said.hypotheses)} explanations: {top.title} ({belief}; {word} it: {reason.text})."
        yield claim(text, *reason.evidence, values=reason.values)


def _remedy(proposals: Sequence[Proposal]) -> Iterator[Claim]:
    """What a person could do about it, or no longer needs to."""
    for proposal in proposals:
        name = short_id(proposal.proposal_id, "P")
        if proposal.overtaken is not None:
            text = f"{name} is no longer needed: {proposal.overtaken.text}."
            yield claim(text, *proposal.overtaken.evidence, values=proposal.overtaken.values)
        else:
            text = f"{name} proposes to {_ACTIONS[proposal.action]} {proposal.target}; nothing has been done."
            yield claim(text, *proposal.why.evidence, values=proposal.why.values)


_ACTIONS = {"revert_flag": "revert", "rollback_deployment": "roll back", "revert_config": "revert"}


def _whom(ownership: Ownership) -> Iterator[Claim]:
    """The owner, and who was on call where a rota says it."""
    for stated in ownership.claims[: 1 + len(ownership.on_call)] if ownership.owner else ():
        yield claim(f"{stated.text}.", *stated.evidence, values=stated.values)


def _symptom(assessment: Assessment, environment: str, failing: Sequence[Failing]) -> Iterator[Claim]:
    began = f"{to_datetime(assessment.group.onset):%H:%M} UTC"
    evidence = [e for line in failing[:_FEW] for e in line.claim.evidence[:1]]
    subject, several = _subject(assessment)
    text = f"Since {began} {subject} {'are' if several else 'is'} failing in {environment}."
    if not assessment.firing:
        verb = "have" if several else "has"
        text = f"{subject} {verb} recovered in {environment}; it began at {began}."
    yield claim(text, *evidence, values=(time_value(assessment.opened_at),))


def _cause(said: Said) -> Iterator[Claim]:
    top = said.hypotheses[0]
    if top.source_ref is None:
        text = "No recorded change explains it so far; the cause is not known."
        yield claim(text, *said.failing[0].claim.evidence[:1])
    else:
        speaks = top.claims_for or top.claims_against
        evidence = [e for stated in speaks for e in stated.evidence[:1]]
        if top.verdict is not None:
            evidence += top.verdict.evidence
        told = "Nobody has confirmed it." if top.verdict is None else f"{top.verdict.text}."
        yield claim(f"The suspected cause is: {top.title}. {told}", *evidence)


def _owner(ownership: Ownership, owner: Owner) -> Iterator[Claim]:
    if ownership.owner and ownership.claims:
        cited = ownership.claims[0]
        if owner.feedback:
            yield claim(f"{cited.text}.", *cited.evidence, values=cited.values)
            return
        yield claim(f"{ownership.owner} owns {ownership.service}.", *cited.evidence, values=cited.values)
