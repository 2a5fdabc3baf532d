"""The sections of a packet that state facts: what is failing, what it hits, what changed, when."""

from collections.abc import Iterator, Sequence

from schemas.claims import Claim
from schemas.model import built
from schemas.packets import ChangeLine, Dependency, Failing, Heard, Moment, Radius
from schemas.times import SECOND, clock_text, span_text
from streams.assess import Assessment, Surroundings
from streams.citations import Citations, claim, time_value
from streams.feedback import FeedbackState
from streams.group import Placed
from streams.hearing import statements
from streams.state import ChangeState, EntityState, highest
from streams.topology import service_of

MAX_LINES = 30
"""Lines shown in one section; the counts beside them are of everything."""
_MAX_CHANGES = 10
_MAX_QUIET = 6
_MAX_SERVICES = 100
"""Alerting services named; what fails is listed beside them."""
_MAX_WORDS = 120
"""Characters shown of what an alert says about itself."""


def failing_lines(assessment: Assessment, around: Surroundings, cite: Citations) -> tuple[Failing, ...]:
    """One line for each kind of alert on each service, the earliest first."""
    kinds: dict[tuple[str, str], list[Placed]] = {}
    for placed in assessment.group.placed:
        kinds.setdefault((placed.service or "", placed.alert.facts.name), []).append(placed)
    earliest = sorted(kinds, key=lambda kind: (kinds[kind][0].alert.at, kinds[kind][0].alert.key[0], kind))
    return tuple(_failing(kinds[kind], around, cite) for kind in earliest[:MAX_LINES])


def _failing(ordered: Sequence[Placed], around: Surroundings, cite: Citations) -> Failing:
    first, facts = ordered[0].alert, ordered[0].alert.facts
    service = ordered[0].service
    named, evidence = _named_in(service, ordered[0], around, cite)
    text = f"{facts.name} on {service}" if service else facts.name
    value = _stated(facts.value or facts.summary)
    return built(
        Failing,
        service=service or "(no service named)",
        alert=facts.name,
        severity=highest(p.alert.facts.severity for p in ordered),
        value=value,
        since=facts.starts_at,
        alerts=len(ordered),
        repeats=sum(p.alert.repeats for p in ordered),
        firing=any(p.alert.firing for p in ordered),
        claim=claim(
            f"{text} since {clock_text(facts.starts_at)}",
            cite.alert(first),
            *evidence,
            values=(facts.name, named, facts.value, time_value(facts.starts_at)),
        ),
    )


def _stated(text: str) -> str | None:
    words = " ".join(text.split())
    return (words if len(words) <= _MAX_WORDS else words[: _MAX_WORDS - 3] + "...") or None


def _named_in(
    service: str | None, placed: Placed, around: Surroundings, cite: Citations
) -> tuple[str | None, tuple[str, ...]]:
    """The service as a value, and the catalog entry that ties it to the alert where the alert says it otherwise."""
    if service is None:
        return None, ()
    if placed.alert.facts.service == service or service not in around.topology.entities:
        return service, ()
    entity = around.topology.entities[service]
    return entity.facts.name, (cite.entity(entity),)


def radius_of(assessment: Assessment, around: Surroundings, cite: Citations) -> Radius:
    """The alerting services by suspected root, the dependencies between them, and the neighbours that are quiet."""
    services = [root for root in assessment.roots if root in assessment.services]
    shown = [*dict.fromkeys((*assessment.roots[:1], *services))]
    edges = [
        built(Dependency, service=service, needs=other)
        for service in shown
        for other in sorted(around.topology.needs.get(service, ()))
        if other in shown
    ]
    quiet = _quiet(assessment, around)
    return built(
        Radius,
        services=tuple(shown[:_MAX_SERVICES]),
        edges=tuple(edges[:MAX_LINES]),
        quiet=quiet,
        claims=(
            *_edge_claims(edges[:MAX_LINES], around, cite),
            *_quiet_claims(quiet, assessment, around, cite),
        ),
    )


def _quiet(assessment: Assessment, around: Surroundings) -> tuple[str, ...]:
    """Callers of the suspected root that raise no alert."""
    callers = (
        around.topology.needed_by.get(assessment.roots[0], frozenset()) if assessment.roots else frozenset()
    )
    return tuple(sorted(callers - set(assessment.services))[:_MAX_QUIET])


def _edge_claims(edges: Sequence[Dependency], around: Surroundings, cite: Citations) -> Iterator[Claim]:
    for edge in edges:
        needing, needed = around.topology.entities[edge.service], around.topology.entities[edge.needs]
        values = (needing.facts.name, needed.facts.name)
        yield claim(f"{edge.service} needs {edge.needs}", *_stating(needing, needed, cite), values=values)


def _stating(needing: EntityState, needed: EntityState, cite: Citations) -> tuple[str, ...]:
    """Who says that one needs the other: the needing entry where it names the other, else the two together."""
    if needed.facts.entity in needing.facts.depends_on:
        return (cite.entity(needing),)
    return cite.entity(needing), cite.entity(needed)


def _quiet_claims(
    quiet: Sequence[str], assessment: Assessment, around: Surroundings, cite: Citations
) -> Iterator[Claim]:
    for service in quiet:
        entity, root = around.topology.entities[service], around.topology.entities[assessment.roots[0]]
        values = (entity.facts.name, root.facts.name)
        text = f"{service} needs {assessment.roots[0]} and raises no alert"
        yield claim(text, *_stating(entity, root, cite), values=values)


def change_lines(assessment: Assessment, around: Surroundings, cite: Citations) -> tuple[ChangeLine, ...]:
    """The likeliest changes within the blast radius, the latest first."""
    suspected = [scored.change for scored in assessment.ranked if scored.change is not None][:_MAX_CHANGES]
    lines = [_change_line(change, assessment, around, cite) for change in suspected]
    return tuple(sorted(lines, key=lambda line: (-line.at, line.source_ref)))


def _change_line(
    change: ChangeState, assessment: Assessment, around: Surroundings, cite: Citations
) -> ChangeLine:
    facts = change.facts
    service = service_of(facts, around.topology)
    lead = assessment.group.onset - facts.effective_at
    return built(
        ChangeLine,
        at=facts.effective_at,
        kind=facts.kind,
        target=facts.target,
        services=(service,) if service else (),
        title=facts.title,
        before=facts.before,
        after=facts.after,
        actor=facts.actor,
        source_ref=facts.source_ref,
        lead_s=lead / SECOND,
        claim=claim(
            f"{facts.title} at {clock_text(facts.effective_at)}, {lead_text(lead)}",
            cite.change(change),
            values=(facts.after, facts.actor, time_value(facts.effective_at)),
        ),
    )


def lead_text(lead: int) -> str:
    """How long before or after the onset something was; `lead` in microseconds, negative for after."""
    return f"{span_text(lead)} before" if lead >= 0 else f"{span_text(lead)} after"


def timeline_of(
    assessment: Assessment, failing: Sequence[Failing], changes: Sequence[ChangeLine], cite: Citations
) -> tuple[Moment, ...]:
    """What happened when: changes, first alerts of each kind, and what was resolved."""
    moments = [
        built(Moment, at=c.at, kind=c.kind, text=c.title, evidence=c.claim.evidence[:1]) for c in changes
    ]
    for line in failing:
        text = f"{line.alert} on {line.service}"
        moments.append(
            built(Moment, at=line.since, kind="alert", text=text, evidence=line.claim.evidence[:1])
        )
    for placed in assessment.group.placed[:MAX_LINES]:
        if placed.alert.ended_at is not None:
            text = f"{placed.alert.facts.name} on {placed.service or '(no service named)'} resolved"
            evidence = (cite.resolution(placed.alert),)
            moments.append(
                built(Moment, at=placed.alert.ended_at, kind="resolved", text=text, evidence=evidence)
            )
    return tuple(sorted(moments, key=lambda m: (m.at, m.kind, m.text)))


def feedback_of(assessment: Assessment, cite: Citations) -> tuple[Heard, ...]:
    """What people have said, the latest last."""
    return tuple(
        _heard(said, text, cite) for said, text in statements(assessment.said[-MAX_LINES:], assessment.ranked)
    )


def _heard(said: FeedbackState, text: str, cite: Citations) -> Heard:
    facts = said.facts
    values = (facts.person, facts.team, facts.cause, facts.source_ref)
    return built(
        Heard,
        feedback_id=facts.feedback_id,
        kind=facts.kind,
        at=facts.given_at,
        person=facts.person,
        claim=claim(text, cite.feedback(said), values=values),
    )


def moments_of(said: Sequence[Heard]) -> Iterator[Moment]:
    """The same for the time line."""
    for one in said:
        yield built(Moment, at=one.at, kind="feedback", text=one.claim.text, evidence=one.claim.evidence)
