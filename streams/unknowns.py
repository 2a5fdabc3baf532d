"""What is not known, found by code: every gap that the packet would otherwise smooth over."""

from collections.abc import Iterator

from schemas.events import CHANGE_KINDS
from schemas.model import built
from schemas.packets import Unknown
from schemas.settings import Settings
from schemas.times import LATEST, date_text, format_time, span_text
from streams.assess import Assessment, Surroundings
from streams.feed_gaps import feed_gaps
from streams.top_signals import metrics_gaps
from streams.who import is_overdue, runbook_of

_NOT_BUILT_YET = (
    built(Unknown, code="no_logs", text="Logs: no source configured."),
    built(Unknown, code="no_traces", text="Traces: no source configured."),
)
MAX_UNKNOWNS = 100
"""Gaps that a packet lists."""
OF_TRANSPORT = frozenset({"input_behind"})
"""Gaps of the moment on the way here, which say nothing of the incident itself."""
_NOTES = {
    "start_in_future": "starts in the future; its ingest time counts instead",
    "late": "arrived late; packets before it did not know of it",
    "ingest_replaced": "carried an ingest time too far from the broker's; the broker's counts instead",
    "no_environment": "names no environment",
    "shortened": "says more than is kept here; names, texts or labels of it are cut, its original is whole",
    "no_time": "names no start; the broker's time of its record counts instead",
}


def unknowns_of(assessment: Assessment, around: Surroundings, settings: Settings) -> tuple[Unknown, ...]:
    """Every gap in what is known about a candidate, the ones closest to the incident first."""
    found = (
        *_services(assessment, around),
        *_ownership(assessment, around),
        *_duty(assessment, around),
        *_cause(assessment, around, settings),
        *feed_gaps(assessment, around, settings.feeds),
        *_notes(assessment, around),
        *_transport(around),
        *metrics_gaps(assessment, around, settings),
        *_NOT_BUILT_YET,
    )
    if len(found) <= MAX_UNKNOWNS:
        return found
    more = len(found) - MAX_UNKNOWNS
    return (
        *found[:MAX_UNKNOWNS],
        built(Unknown, code="more_unknowns", text=f"{more} more gaps are not listed."),
    )


def _services(assessment: Assessment, around: Surroundings) -> Iterator[Unknown]:
    if not around.topology.entities:
        yield built(
            Unknown, code="no_catalog", text="The service catalog is empty: no dependencies, no owners."
        )
    unnamed = {placed.alert.facts.name for placed in assessment.group.placed if placed.service is None}
    for name in sorted(unnamed):
        yield built(Unknown, code="no_service", subject=name, text=f"{name} names no service.")
    for service in assessment.services:
        yield from _service(service, around)


def _service(service: str, around: Surroundings) -> Iterator[Unknown]:
    if service not in around.topology.entities:
        if around.topology.entities:
            yield built(
                Unknown,
                code="not_in_catalog",
                subject=service,
                text=f"{service} is not in the service catalog.",
            )
    elif not around.topology.needs.get(service) and not around.topology.needed_by.get(service):
        text = f"{service} has no dependencies in the catalog; what it hits cannot be said."
        yield built(Unknown, code="no_dependencies", subject=service, text=text)


def _ownership(assessment: Assessment, around: Surroundings) -> Iterator[Unknown]:
    owner = assessment.owner
    if owner.team is None:
        yield built(Unknown, code="no_owner", subject=owner.service or "", text=f"Owner: {owner.how}.")
    runbook = runbook_of(assessment, around)
    if runbook is None:
        subject = owner.service or assessment.group.placed[0].alert.facts.name
        yield built(Unknown, code="no_runbook", subject=subject, text=f"Runbook: none known for {subject}.")
    elif runbook.entry and is_overdue(runbook.entry.facts.review_due_at, assessment.opened_at):
        due = date_text(runbook.entry.facts.review_due_at or 0)
        text = f"Runbook {runbook.entry.facts.name} is overdue for review since {due}; it may no longer be right."
        yield built(Unknown, code="runbook_overdue", subject=runbook.entry.facts.name, text=text)


def _duty(assessment: Assessment, around: Surroundings) -> Iterator[Unknown]:
    """Why nobody can be said to have been on call at the onset."""
    team, at = assessment.owner.team, assessment.group.onset
    rotas = around.desk.rotas_of(team)
    if not around.desk.rotas:
        yield built(Unknown, code="no_rota", text="On call: no rota configured.")
    elif not rotas:
        whom = f"for team {team}" if team else "without an owner"
        yield built(Unknown, code="no_rota", subject=team or "", text=f"On call: no rota {whom}.")
    elif not around.desk.on_call(team, at):
        ended = [rota.facts for rota in rotas if (rota.facts.known_until or LATEST) <= at]
        for facts in ended:
            text = f"On call: rota {facts.name} ends at {format_time(facts.known_until or 0)}."
            yield built(Unknown, code="rota_ended", subject=facts.name, text=text)
        if len(ended) < len(rotas):
            text = f"On call: no rota of {team} names anybody for {format_time(at)}."
            yield built(Unknown, code="nobody_on_call", subject=team or "", text=text)


def _cause(assessment: Assessment, around: Surroundings, settings: Settings) -> Iterator[Unknown]:
    for kind in CHANGE_KINDS:
        if around.kinds_seen.get(kind, LATEST) > assessment.window.closes:
            text = f"No {kind} event had ever arrived by then: a {kind} could be to blame unseen."
            yield built(Unknown, code=f"no_{kind}_feed", subject=kind, text=text)
    shown = assessment.ranked[: settings.ranking.max_suspects]
    for scored in shown:
        if scored.change is not None and scored.service is None:
            target = scored.change.facts.target
            but = " but what followed its earlier changes" if scored.near and scored.near.followed else ""
            text = f"Nothing{but} ties {target} to a service."
            yield built(Unknown, code="unmapped_change", subject=target, text=text)


def _notes(assessment: Assessment, around: Surroundings) -> Iterator[Unknown]:
    for note, words in _NOTES.items():
        noted = [placed for placed in assessment.group.placed if note in placed.alert.notes]
        if noted:
            more = f" (and {len(noted) - 1} more)" if len(noted) > 1 else ""
            what = f"{noted[0].alert.facts.name}{more} {words}"
            taken = f"; {around.environment} is assumed" if note == "no_environment" else ""
            yield built(Unknown, code=note, subject=noted[0].alert.facts.fingerprint, text=f"{what}{taken}.")


def _transport(around: Surroundings) -> Iterator[Unknown]:
    for name, lag in around.behind:
        yield built(
            Unknown, code="input_behind", subject=name, text=f"Input {name} is {span_text(lag)} behind."
        )
    if around.evicted:
        text = f"{around.evicted} older alerts of this scope were dropped: too many at once."
        yield built(Unknown, code="overflow", text=text)
