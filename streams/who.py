"""The section of a packet that says who should act: the owner, who is on call, and the runbook, each cited."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from schemas.claims import Claim
from schemas.model import built
from schemas.packets import OnCall, Ownership
from schemas.times import date_text
from streams.assess import Assessment, Surroundings
from streams.citations import Citations, claim
from streams.group import Placed
from streams.hearing import handed_before, statement
from streams.sections import MAX_LINES
from streams.state import EntityState

_ANNOTATION: Final = "runbook_url"
"""Annotation under which Prometheus' alerts carry the address of their runbook."""

_MAX_ALERTS: Final = 2
"""Alerts cited for a suspected root; the text counts the others."""


class Runbook(NamedTuple):
    """What to do, and where that was found: in the index, in an alert, or in a service's catalog entry."""

    link: str
    entry: EntityState | None
    alert: Placed | None = None


def ownership_of(assessment: Assessment, around: Surroundings, cite: Citations) -> Ownership:
    """Who should act, how that was found, and what to follow."""
    owner, runbook = assessment.owner, runbook_of(assessment, around)
    duties = around.desk.on_call(owner.team, assessment.group.onset)
    facts = runbook.entry.facts if runbook and runbook.entry else None
    return built(
        Ownership,
        owner=owner.team,
        service=owner.service,
        how=owner.how if owner.share is None else f"{owner.how}, {owner.share:.0%} sure",
        on_call=tuple(
            built(OnCall, person=duty.shift.person, rota=duty.rota.facts.name, until=duty.shift.end)
            for duty in duties[:MAX_LINES]
        ),
        runbook=runbook.link if runbook else None,
        runbook_owner=facts.owner if facts and facts.kind == "runbook" else None,
        runbook_reviewed_at=facts.reviewed_at if facts else None,
        runbook_due_at=facts.review_due_at if facts else None,
        claims=(
            *_owner_claims(assessment, around, cite),
            *_duty_claims(assessment, around, cite),
            *(_runbook_claims(runbook, assessment, cite) if runbook else ()),
            *_root_claims(assessment, cite),
        ),
    )


def _owner_claims(assessment: Assessment, around: Surroundings, cite: Citations) -> Iterator[Claim]:
    owner = assessment.owner
    said = around.said.by_id.get(owner.feedback or "")
    if said and owner.team:
        yield claim(statement(said.facts), cite.feedback(said), values=(said.facts.person, owner.team))
    yield from _history_claims(assessment, around, cite)
    entity = around.topology.entities.get(owner.entity or "")
    if entity and owner.team:
        text = f"{entity.facts.name} is owned by {owner.team}"
        yield claim(text, cite.entity(entity), values=(entity.facts.name, owner.team))
    if owner.alert is not None and owner.team:
        alert = assessment.group.placed[owner.alert].alert
        yield claim(f"{alert.facts.name} names {owner.team}", cite.alert(alert), values=(owner.team,))
    if owner.runbook is not None and owner.team:
        text = f"the runbook {owner.runbook.facts.name} is kept by {owner.team}"
        yield claim(text, cite.entity(owner.runbook), values=(owner.runbook.facts.name, owner.team))


def _history_claims(assessment: Assessment, around: Surroundings, cite: Citations) -> Iterator[Claim]:
    """To whom such alerts were handed over before, where more than one incident says so or the owner is another."""
    before = handed_before(assessment.group, assessment.owner.service, around.said.counting())
    if not before:
        return
    team, times = before[-1].facts.team, len(before)
    if times == 1 and team == assessment.owner.team:
        return
    text = f"such alerts were handed over to {team} {f'{times} times' if times > 1 else 'once'} before"
    yield claim(text, *(cite.feedback(said) for said in before[-_MAX_ALERTS:]), values=(team,))


def _root_claims(assessment: Assessment, cite: Citations) -> Iterator[Claim]:
    """Why the first root is suspected: how far it is believed in, what may come from it, and what changed there."""
    if not assessment.roots:
        return
    root, group = assessment.roots[0], assessment.group
    belief = assessment.beliefs.get(root, 0.0)
    reached = [
        placed
        for placed, kin in zip(group.placed, group.kins, strict=True)
        if kin.service is not None and root in group.travel.causes((kin.service, kin.golden))
    ]
    said = "" if root in assessment.services else ", though it raises none itself"
    text = f"{root} is the suspected root ({belief:.0%}): {len(reached)} of {len(group.placed)} alerts may come from it"
    cited = [cite.alert(placed.alert) for placed in (reached or group.placed)[:_MAX_ALERTS]]
    changed = [one.change for one in assessment.ranked if one.change is not None and one.service == root][:1]
    yield claim(text + said, *cited, *(cite.change(change) for change in changed))


def _duty_claims(assessment: Assessment, around: Surroundings, cite: Citations) -> Iterator[Claim]:
    for duty in around.desk.on_call(assessment.owner.team, assessment.group.onset)[:MAX_LINES]:
        person, rota = duty.shift.person, duty.rota.facts.name
        yield claim(f"{person} is on call by rota {rota}", cite.entity(duty.rota), values=(person, rota))


def _runbook_claims(runbook: Runbook, assessment: Assessment, cite: Citations) -> Iterator[Claim]:
    cited = cite.entity(runbook.entry) if runbook.entry else None
    if runbook.alert is not None:
        cited = cite.alert(runbook.alert.alert)
    if cited is None:
        return
    yield claim(f"the runbook is {runbook.link}", cited, values=(runbook.link,))
    facts = runbook.entry.facts if runbook.entry else None
    if facts and facts.reviewed_at is not None:
        reviewed = date_text(facts.reviewed_at)
        state = "overdue" if is_overdue(facts.review_due_at, assessment.opened_at) else "current"
        yield claim(f"it was reviewed on {reviewed} ({state})", cited, values=(reviewed,))


def is_overdue(due_at: int | None, at: int) -> bool:
    """True where a review was due at or before a moment; both in microseconds."""
    return due_at is not None and due_at <= at


def runbook_of(assessment: Assessment, around: Surroundings) -> Runbook | None:
    """The runbook of the alerts on the suspected root, the closest first; else that of its catalog entry."""
    owner, entities = assessment.owner, around.topology.entities
    at_root = [placed for placed in assessment.group.placed if placed.service == owner.service]
    placed = at_root or assessment.group.placed
    known = entities.get(owner.service or "")
    stated = Runbook(known.facts.runbook, known) if known and known.facts.runbook else None
    return _indexed(placed, around) or next(_annotated(placed), None) or stated


def _indexed(placed: Iterable[Placed], around: Surroundings) -> Runbook | None:
    # Many alerts of a storm are of one kind: each kind is looked up once, in the order in which they come.
    kinds = dict.fromkeys((one.alert.facts.name, one.service) for one in placed)
    found = (around.desk.indexed(*kind) for kind in kinds)
    best = max((one for one in found if one), key=lambda one: one[0], default=None)
    return Runbook(best[1].facts.runbook or "", best[1]) if best else None


def _annotated(placed: Iterable[Placed]) -> Iterator[Runbook]:
    for one in placed:
        link = one.alert.facts.annotations.get(_ANNOTATION, "")
        if link.startswith(("http://", "https://")):
            yield Runbook(link, None, one)
