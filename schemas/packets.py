"""What the system says: candidates, context packets, proposals. Every claim is bound to evidence.

A packet with a claim without evidence, or with evidence that it does not list, cannot be built.
"""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.claims import Claim, Evidence
from schemas.events import ChangeKind, Severity
from schemas.feedback import FeedbackKind
from schemas.model import Message
from schemas.times import Micros
from schemas.words import OutsideDraft, TopSignal

Phase = Literal["provisional", "settled"]
State = Literal["open", "resolved", "closed", "merged"]
Tier = Literal["A", "B", "C"]
Action = Literal["revert_flag", "rollback_deployment", "revert_config"]


class Failing(Message):
    """One kind of alert on one service."""

    service: str = Field(description="Resolved service, or how the alert names what it is about.")
    alert: str = Field(description="Name of the alert rule.")
    severity: Severity = Field(description="Highest severity among its alerts.")
    value: str | None = Field(None, description="What the latest alert states about itself.")
    since: Micros = Field(description="Earliest start.")
    alerts: int = Field(description="Distinct alerts.")
    repeats: int = Field(description="Notifications beyond the first of each alert.")
    firing: bool = Field(description="False once all of them are resolved.")
    claim: Claim = Field(description="The line as a statement.")


class Dependency(Message):
    """One edge of the blast radius."""

    service: str = Field(description="Service that needs the other.")
    needs: str = Field(description="Service or resource that is needed.")


class Radius(Message):
    """What is hit, by dependencies in force."""

    services: tuple[str, ...] = Field(description="Alerting services, suspected root first.")
    edges: tuple[Dependency, ...] = Field((), description="Dependencies between them.")
    quiet: tuple[str, ...] = Field((), description="Neighbours without an alert so far.")
    claims: tuple[Claim, ...] = Field((), description="The radius as statements.")


class ChangeLine(Message):
    """One change near the onset."""

    at: Micros = Field(description="When it took effect.")
    kind: ChangeKind = Field(description="deploy, flag or config.")
    target: str = Field(description="What was changed.")
    services: tuple[str, ...] = Field((), description="Services that it belongs to, by the catalog.")
    title: str = Field(description="What was done.")
    before: str | None = Field(None, description="Value or version before.")
    after: str | None = Field(None, description="Value or version after.")
    actor: str | None = Field(None, description="Who did it.")
    source_ref: str = Field(description="Name of the change in its own tool.")
    lead_s: float = Field(description="Seconds from the change to the onset; negative when it came after.")
    claim: Claim = Field(description="The line as a statement.")


class Check(Message):
    """A read-only question that tells a hypothesis apart from the next."""

    question: str = Field(description="The question.")
    query: str | None = Field(None, description="A query that answers it, where one is known.")
    if_true: str = Field(description="The answer to expect if the hypothesis is true.")
    if_false: str = Field(description="The answer to expect if it is false.")
    answer: Claim | None = Field(None, description="What the query gave, where it was asked; no verdict.")


class Hypothesis(Message):
    """One ranked explanation; a suspect, never a verdict."""

    rank: int = Field(description="1 is the likeliest.")
    confidence: float = Field(description="Share of belief, 0 to 1; all hypotheses of a packet sum to 1.")
    source_ref: str | None = Field(description="The suspected change; none: no change is to blame.")
    kind: str = Field(description="deploy, flag, config or none.")
    target: str | None = Field(None, description="What the suspected change changed.")
    title: str = Field(description="The explanation in words.")
    claims_for: tuple[Claim, ...] = Field((), description="What speaks for it.")
    claims_against: tuple[Claim, ...] = Field((), description="What speaks against it.")
    check: Check | None = Field(None, description="How to tell.")
    features: dict[str, float] = Field({}, description="What each feature added to the score.")
    verdict: Claim | None = Field(None, description="Who confirmed or rejected it, where a person has.")


class OnCall(Message):
    """Somebody who was on call when the incident began."""

    person: str = Field(description="Who, as the rota names them.")
    rota: str = Field(description="Name of the rota.")
    until: Micros = Field(description="End of the shift.")


class Ownership(Message):
    """Who should act, and how the packet got there."""

    owner: str | None = Field(None, description="Owning team.")
    service: str | None = Field(None, description="Suspected root service that it was taken from.")
    how: str = Field(description="How the owner was found, or why there is none.")
    on_call: tuple[OnCall, ...] = Field(
        (), description="Who was on call for the owner at the onset, by rota."
    )
    runbook: str | None = Field(None, description="Address of the runbook.")
    runbook_owner: str | None = Field(None, description="Team that keeps the runbook, by the index.")
    runbook_reviewed_at: Micros | None = Field(None, description="When it was last reviewed.")
    runbook_due_at: Micros | None = Field(None, description="When it should be reviewed next.")
    claims: tuple[Claim, ...] = Field((), description="The same as statements.")


class Proposal(Message):
    """One guarded action, proposed and not executed. A value of action-proposals."""

    proposal_id: str = Field(description="From candidate, action and target; unique with the tenant.")
    tenant: str = Field(description="Tenant.")
    environment: str = Field(description="Environment.")
    candidate_id: str = Field(description="Candidate that it answers.")
    action: Action = Field(description="revert_flag, rollback_deployment or revert_config.")
    target: str = Field(description="What would be changed.")
    tier: Tier = Field(description="A read-only, B low-blast and reversible, C high-impact.")
    why: Claim = Field(description="The reason as a statement.")
    to: str | None = Field(None, description="Value or version to go back to, where known.")
    rollback: str = Field(description="How the action itself is undone.")
    verification: str = Field(description="The signal that shows whether it helped.")
    proposed_at: Micros = Field(description="Time of the fold's clock at which it was proposed.")
    overtaken: Claim | None = Field(None, description="What has made it unnecessary since.")


class Unknown(Message):
    """Something that is not known, found by code."""

    code: str = Field(description="Kind of gap, e.g. no_owner.")
    subject: str = Field("", description="What it is about.")
    text: str = Field(description="What is missing, in words.")


class Heard(Message):
    """What one person has said about the candidate, and counts."""

    feedback_id: str = Field(description="Id of the feedback, by which it can be taken back.")
    kind: FeedbackKind = Field(description="confirm, reject, split, merge, false_page, ...")
    at: Micros = Field(description="When they said so.")
    person: str = Field(description="Who, as the proxy or the settings name them.")
    claim: Claim = Field(description="What they said, as a statement.")


class Moment(Message):
    """One entry of the time line."""

    at: Micros = Field(description="When.")
    kind: str = Field(description="alert, resolved, deploy, flag, config, feedback or packet.")
    text: str = Field(description="What happened.")
    evidence: tuple[str, ...] = Field((), description="Ids of the cited evidence.")


class Member(Message):
    """One alert of a candidate, and why it is one."""

    fingerprint: str = Field(description="Fingerprint of the alert.")
    starts_at: Micros = Field(description="Start as published.")
    service: str | None = Field(None, description="Resolved service.")
    name: str = Field(description="Name of the alert rule.")
    rule: str = Field(
        description="first, same_service, dependency, shared_dependency, same_alert, same_time, split or continued."
    )
    linked_to: str | None = Field(
        None,
        description="Fingerprint of the member that linked it; for split, of the alert that explains the others.",
    )
    score: float = Field(1.0, description="Strength of the link, 0 to 1.")


class Suspect(Message):
    """One ranked change, or none."""

    source_ref: str | None = Field(description="Name of the change; none: no change is to blame.")
    score: float = Field(description="Share of belief, 0 to 1.")


class Revision(Message):
    """Which revision of a candidate this is, and by which log position, build and settings."""

    revision_id: str = Field(description="From tenant, candidate, partition, offset, build and settings.")
    number: int = Field(description="Ordinal that people see, from 1.")
    partition: int = Field(description="Partition of signals.")
    offset: int = Field(description="Offset of signals at which it was cut.")
    build: str = Field(description="Version of the code.")
    settings_hash: str = Field(description="Hash of the settings in force.")
    at: Micros = Field(description="Time of the fold at which it was cut.")


class Candidate(Message):
    """One incident candidate at one revision. A value of incident-candidates."""

    tenant: str = Field(description="Tenant.")
    environment: str = Field(description="Environment.")
    candidate_id: str = Field(description="Id from its earliest member.")
    short_id: str = Field(description="The form that people say and type.")
    revision: Revision = Field(description="Which revision this is.")
    phase: Phase = Field(description="provisional or settled.")
    state: State = Field(description="open, resolved, closed by a person, or merged.")
    title: str = Field(description="What is failing, in one line.")
    severity: Severity = Field(description="Highest severity among its alerts.")
    opened_at: Micros = Field(description="Earliest start of its alerts.")
    last_activity_at: Micros = Field(description="Latest start or end of its alerts.")
    repeats: int = Field(description="Notifications beyond the first of each alert.")
    members: tuple[Member, ...] = Field(description="Its alerts by start.")
    suspects: tuple[Suspect, ...] = Field(description="Ranked explanations.")
    root_services: tuple[str, ...] = Field(description="Suspected root services, likeliest first.")
    owner: str | None = Field(None, description="Owning team of the suspected root.")
    proposals: tuple[Proposal, ...] = Field((), description="Actions proposed for it.")
    unknowns: tuple[str, ...] = Field((), description="Codes of what is not known.")
    merged_into: str | None = Field(None, description="Candidate that it became part of.")
    continues: str | None = Field(None, description="Earlier candidate whose life had ended.")


class Packet(Message):
    """The context packet of one candidate at one revision. A value of context-packets."""

    candidate: Candidate = Field(description="The candidate that it explains.")
    whats_new: tuple[str, ...] = Field((), description="What changed since the last revision.")
    news: tuple[Claim, ...] = Field((), description="The same as statements, each with what shows it.")
    summary: tuple[Claim, ...] = Field((), description="For responders, a statement a sentence.")
    failing: tuple[Failing, ...] = Field(description="What is failing.")
    signals: tuple[TopSignal, ...] = Field(
        (), description="Top signals: alerts' values, metrics, logs, traces."
    )
    radius: Radius = Field(description="Blast radius.")
    changes: tuple[ChangeLine, ...] = Field(
        (), description="The likeliest changes within the radius, latest first."
    )
    changes_unshown: int = Field(0, description="Further changes within the radius.")
    changes_elsewhere: int = Field(0, description="Changes in the window outside the radius.")
    window_from: Micros = Field(description="Start of the window in which changes count.")
    window_to: Micros = Field(description="End of the window in which changes count.")
    hypotheses: tuple[Hypothesis, ...] = Field((), description="Why, ranked.")
    ownership: Ownership = Field(description="Who.")
    unknowns: tuple[Unknown, ...] = Field((), description="What is not known.")
    timeline: tuple[Moment, ...] = Field((), description="What happened when.")
    draft: tuple[Claim, ...] = Field((), description="Internal update, a statement a sentence.")
    outside: OutsideDraft | None = Field(None, description="Draft for people outside; needs approval.")
    evidence: tuple[Evidence, ...] = Field(min_length=1, description="All that is cited.")
    feedback: tuple[Heard, ...] = Field((), description="What people have said, the latest last.")

    @model_validator(mode="after")
    def _every_citation_is_listed(self) -> Self:
        listed = {evidence.id for evidence in self.evidence}
        cited = {e for claim in self.claims() for e in claim.evidence} | {
            e for m in self.timeline for e in m.evidence
        }
        missing = sorted(cited - listed)
        if missing:
            raise ValueError(f"claims cite evidence that the packet does not list: {', '.join(missing)}")
        return self

    def claims(self) -> Iterator[Claim]:
        """Every statement of the packet, in the order of its sections."""
        yield from (line.claim for line in self.failing)
        yield from (signal.claim for signal in self.signals if signal.claim is not None)
        yield from self.radius.claims
        yield from (line.claim for line in self.changes)
        for hypothesis in self.hypotheses:
            yield from hypothesis.claims_for
            yield from hypothesis.claims_against
            if hypothesis.check is not None and hypothesis.check.answer is not None:
                yield hypothesis.check.answer
            if hypothesis.verdict is not None:
                yield hypothesis.verdict
        yield from self.ownership.claims
        for proposal in self.candidate.proposals:
            yield proposal.why
            if proposal.overtaken is not None:
                yield proposal.overtaken
        yield from self.draft
        yield from (heard.claim for heard in self.feedback)
        yield from self.words()

    def words(self) -> Iterator[Claim]:
        """The sentences that are made of other statements, but for the internal update."""
        yield from self.summary
        yield from self.news
        yield from self.outside.sentences if self.outside else ()
