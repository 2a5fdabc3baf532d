"""How to tell an explanation from its rival: a read-only question, and what either answer would mean.

Only names that stand in the packet are used. A query is offered where the alert comes from Prometheus, whose own
series `ALERTS` says when an alert was firing; no other metric's name is known here.
"""

import json
from collections.abc import Iterable
from typing import Final

from schemas.events import ChangeFacts
from schemas.model import built
from schemas.packets import Check
from schemas.times import SECOND, clock_text
from streams.assess import Assessment
from streams.rank import Scored
from streams.state import ChangeState
from streams.undoing import place_of

_WINDOW: Final = "1h"
"""How far back before a change is looked for the same trouble."""


def check_of(scored: Scored, likelier: Iterable[Scored], assessment: Assessment) -> Check:
    """The check of one explanation. `likelier` are those ranked before it, from which it has to be told apart."""
    change = scored.change
    if change is None:
        return _of_no_change(assessment)
    same = [one.change for one in likelier if one.change and one.change.facts.target == change.facts.target]
    if same:
        return _of_moment(max(same[0], change, key=place_of), change, assessment)
    service = _failing(scored, assessment)
    return {"flag": _of_flag, "deploy": _of_deploy}.get(change.facts.kind, _of_config)(change.facts, service)


def _service(assessment: Assessment) -> str:
    return assessment.services[0] if assessment.services else "what fails"


def _failing(scored: Scored, assessment: Assessment) -> str:
    """The first service whose alerts may come from a change; asking another tells nothing of it."""
    group, service = assessment.group, scored.service
    if service is None:
        followed = scored.near.followed if scored.near else None
        return followed.followers[0].service if followed else _service(assessment)
    hit = (
        kin.service
        for kin in group.kins
        if kin.service is not None and service in group.travel.causes((kin.service, kin.golden))
    )
    return next(hit, None) or _service(assessment)


def _of_flag(facts: ChangeFacts, service: str) -> Check:
    key, before = facts.target.partition("/")[2], facts.before or "off"
    return built(
        Check,
        question=f"Is the error rate of {service} the same for requests where {key} is {before}?",
        if_true=f"no: only requests with {key} {facts.after or 'on'} fail",
        if_false=f"yes: requests with and without {key} fail alike",
    )


def _of_deploy(facts: ChangeFacts, service: str) -> Check:
    name, before = facts.target.partition("/")[2], facts.before or "the version before"
    where = "" if name == service else f", and {service} with them"
    return built(
        Check,
        question=f"Do instances of {name} still on {before} fail as well{where}?",
        if_true=f"no: only {facts.after or 'the new version'} of {name} fails",
        if_false=f"yes: both versions of {name} fail alike",
    )


def _of_config(facts: ChangeFacts, service: str) -> Check:
    return built(
        Check,
        question=f"Does {service} recover where {facts.target} has its value from before?",
        if_true=f"yes: it fails only with the new value of {facts.target}",
        if_false=f"no: it fails with either value of {facts.target}",
    )


def _of_moment(later: ChangeState, suspect: ChangeState, assessment: Assessment) -> Check:
    """Two changes of one target are told apart by when it began: the later one broke nothing that failed before."""
    at, target = later.facts.effective_at, later.facts.target
    before, after = (
        f"{what} {clock_text(at)}, when {target} changed again" for what in ("before", "only after")
    )
    return built(
        Check,
        question=f"Did {_service(assessment)} fail before {clock_text(at)}?",
        query=_fired_before(assessment, at),
        if_true=f"it failed {after if later is suspect else before}",
        if_false=f"it failed {before if later is suspect else after}",
    )


def _of_no_change(assessment: Assessment) -> Check:
    suspect = next((scored.change for scored in assessment.ranked if scored.change is not None), None)
    service = _service(assessment)
    if suspect is None:
        return built(
            Check,
            question=f"Did load, a dependency or the platform of {service} change at"
            f" {clock_text(assessment.group.onset)}?",
            if_true="yes: one of them moved at the onset",
            if_false="no: all of them were steady",
        )
    at = suspect.facts.effective_at
    return built(
        Check,
        question=f"Did {service} err before {clock_text(at)}?",
        query=_fired_before(assessment, at),
        if_true="yes: errors began before that change",
        if_false="no: errors began after it",
    )


def _fired_before(assessment: Assessment, at: int) -> str | None:
    """Whether the first alert's rule fired in the hour before a moment; an empty answer says that it did not."""
    first = assessment.group.placed[0]
    facts = first.alert.facts
    if facts.source != "alertmanager":
        return None
    labels = {"alertname": facts.name, "alertstate": "firing"}
    if first.service and facts.labels.get("service") == first.service:
        labels["service"] = first.service
    chosen = ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items())
    return f"count_over_time(ALERTS{{{chosen}}}[{_WINDOW}] @ {at // SECOND})"
