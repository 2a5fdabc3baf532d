"""The top signals of a candidate: what its alerts say themselves, what was measured, and what has no source."""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.answers import AnswerFacts, Aspect
from schemas.claims import Claim
from schemas.model import built
from schemas.packets import Failing, Unknown
from schemas.settings import Settings
from schemas.times import span_text
from schemas.words import TopSignal
from streams.answers import AnswerState, number_text, why_not
from streams.assess import Assessment, Surroundings
from streams.citations import Citations, claim

_MOST: Final = 12
_NO_SOURCE: Final = "no source configured"
_ORDER: Final[tuple[Aspect, ...]] = ("errors", "latency", "traffic", "saturation")


def top_signals(
    assessment: Assessment,
    around: Surroundings,
    settings: Settings,
    failing: Sequence[Failing],
    cite: Citations,
) -> tuple[TopSignal, ...]:
    """Values of the alerts, then measurements, then the kinds of signal that nothing is configured for."""
    stated = [_of_alert(line) for line in failing if line.value]
    measured = [_measured(answer, cite) for answer in _numbers(assessment)]
    missing = [built(TopSignal, kind=kind, text=_NO_SOURCE) for kind in ("logs", "traces")]
    if settings.querier.source_of(around.tenant) is None and not measured:
        missing.insert(0, built(TopSignal, kind="metrics", text=_NO_SOURCE))
    return (*stated[:_MOST], *measured[:_MOST], *missing)


def _numbers(assessment: Assessment) -> list[AnswerState]:
    """Those with a number, the suspected root first, and of each service errors before all else."""
    answers = [a for a in assessment.answers if a.facts.outcome == "answered" and a.facts.aspect != "check"]
    services = [*assessment.roots, *assessment.services]
    named = {service: place for place, service in reversed(list(enumerate(services)))}
    return sorted(
        answers, key=lambda a: (named.get(a.facts.service, len(named)), _ORDER.index(a.facts.aspect))
    )


def _of_alert(line: Failing) -> TopSignal:
    return built(
        TopSignal,
        kind="alert",
        service=line.service,
        name=line.alert,
        now=line.value,
        text=line.value or "",
        claim=line.claim,
    )


def _measured(answer: AnswerState, cite: Citations) -> TopSignal:
    facts = answer.facts
    now, before = _text(facts.value, facts), _text(facts.before, facts)
    text = (now or "no number") + (f"; {before} {_ago(facts)}" if before else "")
    values = (facts.value, facts.before)
    stated = claim(f"{facts.title} of {facts.service}: {text}", cite.answer(answer), values=values)
    return built(
        TopSignal,
        kind="metrics",
        service=facts.service,
        name=facts.title,
        now=now,
        before=before,
        text=text,
        claim=stated,
    )


def _ago(facts: AnswerFacts) -> str:
    length = span_text(facts.closes - facts.opens)
    return "an hour before" if length == "60 min" else f"{length} before"


def _text(raw: str | None, facts: AnswerFacts) -> str | None:
    return None if raw is None else number_text(raw, facts.unit)


def check_answer(query: str | None, assessment: Assessment, cite: Citations) -> Claim | None:
    """What came of a check's own query: a fact beside it, never a verdict."""
    found = next(
        (a for a in assessment.answers if a.facts.aspect == "check" and a.facts.query == query), None
    )
    if found is None:
        return None
    facts = found.facts
    if facts.outcome == "answered" and facts.value is not None:
        return claim(number_text(facts.value, facts.unit), cite.answer(found), values=(facts.value,))
    if facts.outcome == "empty":
        return claim("nothing: there is no such sample", cite.answer(found))
    return claim(f"no number: {why_not(facts)}", cite.answer(found))


def metrics_gaps(assessment: Assessment, around: Surroundings, settings: Settings) -> Iterator[Unknown]:
    """What was not measured, and why: no source, nothing asked yet, or no number for what was asked."""
    if not assessment.answers and settings.querier.source_of(around.tenant) is None:
        text = "Metrics: no source configured; values are what the alerts state about themselves."
        yield built(Unknown, code="no_metrics", text=text)
    elif not assessment.answers:
        yield built(Unknown, code="metrics_not_asked", text="Metrics: no query has been answered.")
    for answer in assessment.answers:
        facts = answer.facts
        if facts.outcome != "answered" and (facts.aspect, facts.outcome) != ("check", "empty"):
            what = (
                f"the check of {facts.service}"
                if facts.aspect == "check"
                else f"{facts.title} of {facts.service}"
            )
            text = f"Metrics: {what} is not known: {why_not(facts)}."
            yield built(Unknown, code=f"metrics_{facts.outcome}", subject=facts.service, text=text)
