"""The drafted internal update: sentences built from the packet's claims only, each with its evidence."""

from collections.abc import Iterator, Sequence

from schemas.packets import Claim, Failing, Hypothesis, Ownership
from schemas.times import to_datetime
from streams.assess import Assessment, Surroundings
from streams.blame import Owner
from streams.citations import claim, time_value


def title_of(assessment: Assessment, environment: str) -> str:
    """What is failing, in one line."""
    services = assessment.services
    verb = "failing" if assessment.firing else "recovered"
    if not services:
        return f"{assessment.group.placed[0].alert.facts.name} {verb} in {environment}"
    more = len(services) - 1
    others = f" and {more} more service{'s' if more > 1 else ''}" if more else ""
    return f"{services[0]}{others} {verb} in {environment}"


def draft_of(
    assessment: Assessment,
    around: Surroundings,
    failing: Sequence[Failing],
    hypotheses: Sequence[Hypothesis],
    ownership: Ownership,
) -> tuple[Claim, ...]:
    """Sentences for people inside; what is meant for outside needs a person's words and approval."""
    return (
        *_symptom(assessment, around, failing),
        *_cause(hypotheses, failing),
        *_owner(ownership, assessment.owner),
    )


def _symptom(assessment: Assessment, around: Surroundings, failing: Sequence[Failing]) -> Iterator[Claim]:
    began = f"{to_datetime(assessment.group.onset):%H:%M} UTC"
    evidence = [e for line in failing[:3] for e in line.claim.evidence[:1]]
    text = f"Since {began} {title_of(assessment, around.environment)}."
    if not assessment.firing:
        text = f"{title_of(assessment, around.environment)}; it began at {began}."
    yield claim(text, *evidence, values=(time_value(assessment.opened_at),))


def _cause(hypotheses: Sequence[Hypothesis], failing: Sequence[Failing]) -> Iterator[Claim]:
    top = hypotheses[0]
    if top.source_ref is None:
        text = "No recorded change explains it so far; the cause is not known."
        yield claim(text, *failing[0].claim.evidence[:1])
    else:
        evidence = [e for speaks_for in top.claims_for for e in speaks_for.evidence[:1]] or [
            e for speaks_against in top.claims_against for e in speaks_against.evidence[:1]
        ]
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
