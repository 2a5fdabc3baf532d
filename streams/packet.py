"""A candidate and its context packet from an assessment: composes the sections, adds no thought of its own."""

from dataclasses import dataclass

from schemas.identity import short_id
from schemas.model import built
from schemas.packets import (
    Candidate,
    Member,
    Moment,
    Packet,
    Phase,
    Proposal,
    Revision,
    State,
    Suspect,
    Unknown,
)
from schemas.settings import Settings
from streams.assess import Assessment, Surroundings
from streams.citations import Citations
from streams.draft import News, Said, draft_of, news_of, summary_of, title_of
from streams.group import Group, Placed
from streams.hypotheses import hypotheses_of
from streams.kinship import Link
from streams.limits import cut
from streams.outside import outside_of
from streams.propose import proposals_of
from streams.sections import (
    change_lines,
    failing_lines,
    feedback_of,
    moments_of,
    radius_of,
    timeline_of,
)
from streams.top_signals import top_signals
from streams.who import ownership_of

_MAX_ROOTS = 50
_MEMBERS_BYTES = 400_000
"""Bytes for the names of all members together: less than half of what a record holds."""
_MEMBER_BYTES = 700
"""The longest that the names of one member can be; fewer than these need not be counted."""
_BRIEF = 32
"""Bytes of a member's name and service where there are too many."""
_MAX_SUSPECTS = 50
"""Suspects that a candidate names: far more than anybody reads, far less than a record holds."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the fold adds to an assessment when it cuts a revision."""

    revision: Revision
    phase: Phase
    proposed_at: int | None
    """When the proposals in force were made; None where there are none."""
    first_packet_at: int
    continues: str | None = None
    news: tuple[News, ...] = ()
    unknowns: tuple[Unknown, ...] = ()


def packet_of(
    assessment: Assessment, around: Surroundings, settings: Settings, cite: Citations, cut: Cut
) -> Packet:
    """The packet of a candidate at one revision. `cite` carries the evidence numbers given before."""
    failing = failing_lines(assessment, around, cite)
    changes = change_lines(assessment, around, cite)
    hypotheses = hypotheses_of(assessment, around, settings, cite)
    ownership = ownership_of(assessment, around, cite)
    radius = radius_of(assessment, around, cite)
    at, belief = cut.proposed_at, settings.ranking.withdraw_below
    proposals = () if at is None else proposals_of(assessment, around, cite, at=at, belief=belief)
    heard = feedback_of(assessment, cite)
    first_packet = built(Moment, at=cut.first_packet_at, kind="packet", text="first packet")
    timeline = (*timeline_of(assessment, failing, changes, cite), *moments_of(heard), first_packet)
    said = Said(failing, radius, hypotheses, ownership, proposals, heard)
    return Packet(
        candidate=candidate_of(assessment, around, cut, proposals),
        whats_new=tuple(news.text for news in cut.news),
        news=news_of(cut.news, said),
        summary=summary_of(assessment, said),
        failing=failing,
        signals=top_signals(assessment, around, settings, failing, cite),
        radius=radius,
        changes=changes,
        changes_unshown=len(assessment.window.near) - len(changes),
        changes_elsewhere=assessment.window.elsewhere,
        window_from=assessment.window.opens,
        window_to=assessment.window.closes,
        hypotheses=hypotheses,
        ownership=ownership,
        unknowns=cut.unknowns,
        timeline=tuple(sorted(timeline, key=lambda moment: moment.at)),
        draft=draft_of(assessment, around.environment, said),
        outside=outside_of(assessment, failing, timeline),
        evidence=cite.listed(),
        feedback=heard,
    )


def candidate_of(
    assessment: Assessment,
    around: Surroundings,
    cut: Cut,
    proposals: tuple[Proposal, ...],
) -> Candidate:
    """The candidate alone."""
    placed = assessment.group.placed
    return built(
        Candidate,
        tenant=around.tenant,
        environment=around.environment,
        candidate_id=assessment.candidate_id,
        short_id=short_id(assessment.candidate_id),
        revision=cut.revision,
        phase=cut.phase,
        state=state_of(assessment),
        title=title_of(assessment, around.environment),
        severity=assessment.severity,
        opened_at=assessment.opened_at,
        last_activity_at=max(max(p.alert.at, p.alert.ended_at or 0) for p in placed),
        repeats=sum(p.alert.repeats for p in placed),
        members=_members(assessment.group),
        suspects=tuple(_suspects(assessment)),
        root_services=assessment.roots[:_MAX_ROOTS],
        owner=assessment.owner.team,
        proposals=proposals,
        unknowns=tuple(dict.fromkeys(unknown.code for unknown in cut.unknowns)),
        continues=cut.continues,
    )


def state_of(assessment: Assessment) -> State:
    """Closed where a person closed it, else open while any of its alerts is firing."""
    if assessment.closed:
        return "closed"
    return "open" if assessment.firing else "resolved"


def _suspects(assessment: Assessment) -> list[Suspect]:
    """The likeliest, "no change" always among them."""
    shown = [*assessment.ranked[: _MAX_SUSPECTS - 1]]
    if len(assessment.ranked) > len(shown):
        left = assessment.ranked[len(shown) :]
        shown.append(next((scored for scored in left if scored.change is None), left[0]))
    return [
        built(
            Suspect, source_ref=s.change.facts.source_ref if s.change else None, score=round(s.confidence, 6)
        )
        for s in shown
    ]


def _members(group: Group) -> tuple[Member, ...]:
    """Its alerts by start; where they are more than a record holds, names are cut, and what linked them is left out."""
    linked = sorted(zip(group.placed, group.links(), strict=True), key=lambda pair: pair[0].alert.key)
    members = tuple(_member(placed, link) for placed, link in linked)
    if len(members) * _MEMBER_BYTES <= _MEMBERS_BYTES or sum(map(_bytes, members)) <= _MEMBERS_BYTES:
        return members
    return tuple(_brief(member) for member in members)


def _bytes(member: Member) -> int:
    texts = (member.fingerprint, member.linked_to, member.name, member.service)
    return sum(len((text or "").encode()) for text in texts)


def _brief(member: Member) -> Member:
    names = {"name": cut(member.name, _BRIEF), "service": member.service and cut(member.service, _BRIEF)}
    return member.model_copy(update={**names, "linked_to": None})


def _member(placed: Placed, link: Link) -> Member:
    facts = placed.alert.facts
    return built(
        Member,
        fingerprint=facts.fingerprint,
        starts_at=facts.starts_at,
        service=placed.service,
        name=facts.name,
        rule=link.rule,
        linked_to=link.to[1] if link.to else None,
        score=round(link.score, 4),
    )
