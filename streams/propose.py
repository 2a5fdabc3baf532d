"""Guarded action proposals: what could be reverted, why, how it is undone, how success shows. Nothing executes."""

from schemas.claims import Claim
from schemas.identity import digest
from schemas.model import built
from schemas.packets import Action, Proposal, Tier
from schemas.times import clock_text
from streams.assess import Assessment, Surroundings
from streams.citations import Citations, claim, time_value
from streams.hearing import verdicts
from streams.state import ChangeState
from streams.topology import service_of

_NAMED = 3
"""Alerts that a verification signal names; the rest are counted."""
_ACTIONS: dict[str, Action] = {
    "flag": "revert_flag",
    "deploy": "rollback_deployment",
    "config": "revert_config",
}


def proposals_of(
    assessment: Assessment, around: Surroundings, cite: Citations, *, at: int, belief: float
) -> tuple[Proposal, ...]:
    """One action on the top suspect, if belief in it is at least `belief`; `at` is the time of the fold's clock.

    None where a person has rejected the suspect, or closed the incident.
    """
    change = assessment.top.change
    if change is None or assessment.top.confidence < belief or assessment.closed:
        return ()
    word = verdicts(assessment.said).get(change.facts.source_ref)
    if word and not word.confirmed:
        return ()
    action, target = _ACTIONS[change.facts.kind], _target(change, around)
    first = assessment.group.placed[0].alert
    return (
        built(
            Proposal,
            proposal_id="p-" + digest("proposal", assessment.candidate_id, action, target),
            tenant=around.tenant,
            environment=around.environment,
            candidate_id=assessment.candidate_id,
            action=action,
            target=target,
            tier=_tier(change),
            why=claim(
                f"{change.facts.title} is the top suspect",
                cite.change(change),
                cite.alert(first),
                values=(time_value(change.facts.effective_at), time_value(first.facts.starts_at)),
            ),
            to=change.facts.before,
            rollback=f"set {target} back to {change.facts.after or 'its value of now'}",
            verification=_verification(assessment),
            proposed_at=at,
            overtaken=_overtaken(assessment, cite),
        ),
    )


def _overtaken(assessment: Assessment, cite: Citations) -> Claim | None:
    undoing = assessment.undone_by
    if undoing is None:
        return None
    at = undoing.facts.effective_at
    text = f"{undoing.facts.title} at {clock_text(at)} has undone it already"
    return claim(text, cite.change(undoing), values=(undoing.facts.after, time_value(at)))


def _target(change: ChangeState, around: Surroundings) -> str:
    service = service_of(change.facts, around.topology)
    return f"service/{service}" if change.facts.kind == "deploy" and service else change.facts.target


def _tier(change: ChangeState) -> Tier:
    """Config of the whole cluster has no namespace, and a blast radius to match; everything else is low-blast."""
    kind, _, rest = change.facts.target.partition("/")
    return "C" if kind == "config" and "//" in rest else "B"


def _verification(assessment: Assessment) -> str:
    names = dict.fromkeys(
        f"{placed.alert.facts.name} on {placed.service or '(no service named)'}"
        for placed in assessment.group.placed
    )
    listed = list(names)
    others = len(listed) - _NAMED
    more = f" and {others} more" if others > 0 else ""
    return f"{', '.join(listed[:_NAMED])}{more} resolve and stay resolved for 3 min"
