"""The ranked explanations as a person can weigh them: what speaks for and against each, and how to tell."""

from collections.abc import Iterator, Sequence

from schemas.claims import Claim
from schemas.model import built
from schemas.packets import Hypothesis
from schemas.settings import Settings
from schemas.times import MINUTE, clock_text, span_text
from streams.assess import Assessment, Surroundings
from streams.checks import check_of
from streams.citations import Citations, claim, time_value
from streams.group import Placed
from streams.hearing import statement, verdicts
from streams.rank import Scored
from streams.state import AlertState, ChangeState
from streams.top_signals import check_answer

_MAX_CITED = 20
"""Catalog entries cited for one statement; the text counts the others."""
_MAX_EARLIER = 5
"""Earlier changes cited for what followed them, the latest ones."""


def hypotheses_of(
    assessment: Assessment, around: Surroundings, settings: Settings, cite: Citations
) -> tuple[Hypothesis, ...]:
    """The likeliest explanations, "no change" always among them; their confidences are shares of all of them."""
    shown = list(assessment.ranked[: settings.ranking.max_suspects])
    if all(scored.change is not None for scored in shown):
        shown[-1] = next(scored for scored in assessment.ranked if scored.change is None)
    total = sum(scored.confidence for scored in shown)
    return tuple(
        _hypothesis(number, scored, scored.confidence / total, assessment, around, cite)
        for number, scored in enumerate(shown, start=1)
    )


def _hypothesis(
    rank: int,
    scored: Scored,
    confidence: float,
    assessment: Assessment,
    around: Surroundings,
    cite: Citations,
) -> Hypothesis:
    change = scored.change
    speaks_for = (
        _for(scored, change, assessment, around, cite) if change else _for_no_change(assessment, cite)
    )
    speaks_against = (
        _against(scored, change, assessment, cite) if change else _against_no_change(assessment, cite)
    )
    check = check_of(scored, assessment.ranked[: rank - 1], assessment)
    answer = check_answer(check.query, assessment, cite)
    return built(
        Hypothesis,
        rank=rank,
        confidence=round(confidence, 4),
        source_ref=change.facts.source_ref if change else None,
        kind=change.facts.kind if change else "none",
        target=change.facts.target if change else None,
        title=change.facts.title if change else "no recorded change is to blame",
        claims_for=tuple(speaks_for),
        claims_against=tuple(speaks_against),
        check=check if answer is None else check.model_copy(update={"answer": answer}),
        features={name: round(value, 4) for name, value in scored.features.items()},
        verdict=_verdict(change, assessment, cite),
    )


def _verdict(change: ChangeState | None, assessment: Assessment, cite: Citations) -> Claim | None:
    """The last word of a person on it."""
    word = verdicts(assessment.said).get(change.facts.source_ref if change else None)
    if word is None:
        return None
    facts = word.said.facts
    text = f"{statement(facts, change.facts.title if change else None)}, {clock_text(facts.given_at)}"
    return claim(text, cite.feedback(word.said), values=(facts.person, facts.source_ref))


def _for(
    scored: Scored, change: ChangeState, assessment: Assessment, around: Surroundings, cite: Citations
) -> Iterator[Claim]:
    first, lead = assessment.group.placed[0].alert, assessment.group.onset - change.facts.effective_at
    if lead >= 0:
        text = f"{span_text(lead)} before the first alert"
        times = (time_value(change.facts.effective_at), time_value(first.facts.starts_at))
        yield claim(text, cite.change(change), cite.alert(first), values=times)
    yield from _for_cleared(scored, change, assessment, cite)
    yield from _for_followed(scored, around, cite)
    service = scored.service
    if service is None:
        return
    if service in assessment.services:
        yield claim(
            f"on {service} itself, which alerts",
            cite.change(change),
            *_first_alert(service, assessment, cite),
        )
    needing = [s for s in assessment.services if s != service and service in around.topology.upstream(s)]
    entities = [around.topology.entities[s] for s in needing if s in around.topology.entities][:_MAX_CITED]
    if entities:
        text = f"{_listed(needing)} {'depends' if len(needing) == 1 else 'depend'} on {service}"
        values = tuple(entity.facts.name for entity in entities)
        yield claim(text, *(cite.entity(entity) for entity in entities), values=values)


def _for_cleared(
    scored: Scored, change: ChangeState, assessment: Assessment, cite: Citations
) -> Iterator[Claim]:
    """What cleared when the target was changed again speaks for it."""
    if "cleared" not in scored.features or scored.near is None or scored.near.story.following is None:
        return
    following = scored.near.story.following
    at = following.facts.effective_at
    last = max(
        assessment.group.placed, key=lambda placed: (placed.alert.ended_at or 0, placed.alert.key)
    ).alert
    if last.resolved is None:
        return
    text = f"{change.facts.target} was changed again at {clock_text(at)}, and the alerts cleared"
    yield claim(text, cite.change(following), cite.resolution(last), values=(time_value(at),))


def _for_followed(scored: Scored, around: Surroundings, cite: Citations) -> Iterator[Claim]:
    """What followed earlier changes of the same object: the service of which that tells most."""
    followed, past = scored.near.followed if scored.near else None, around.past
    if followed is None or past is None:
        return
    most = followed.followers[0]
    alerts = [past.alerts[key] for key in most.first]
    changes = [_followed_by(alert, followed.changes) for alert in alerts]
    slowest = max(alert.at - one.facts.effective_at for alert, one in zip(alerts, changes, strict=True))
    times = _times(len(followed.changes), len(alerts))
    text = f"{times} {most.service} alerted within {-(-slowest // MINUTE) or 1} min"
    shown = list(zip(changes, alerts, strict=True))[-_MAX_EARLIER:]
    cited = (name for one, alert in shown for name in (cite.change(one), cite.alert(alert)))
    yield claim(text, *cited, values=tuple(time_value(one.facts.effective_at) for one, _ in shown))


def _followed_by(alert: AlertState, changes: Sequence[ChangeState]) -> ChangeState:
    """The last of some changes in order that took effect by the start of an alert."""
    return [one for one in changes if one.facts.effective_at <= alert.at][-1]


def _times(changed: int, followed: int) -> str:
    """How often an object was changed before, and after how many of these changes something followed."""
    times = {1: "once", 2: "twice"}.get(changed, f"{changed} times")
    if changed == 1:
        return f"changed {times} before, and"
    if followed == changed:
        return f"changed {times} before, and each time"
    return f"changed {times} before, and after {followed} of these"


def _against(scored: Scored, change: ChangeState, assessment: Assessment, cite: Citations) -> Iterator[Claim]:
    lead = assessment.group.onset - change.facts.effective_at
    at = time_value(change.facts.effective_at)
    if lead < 0:
        yield claim(f"took effect {span_text(lead)} after the first alert", cite.change(change), values=(at,))
    yield from _told_against(scored, change, cite)
    if scored.service is None:
        but = " but what followed its earlier changes" if scored.near and scored.near.followed else ""
        yield claim(f"nothing{but} ties it to a service that alerts", cite.change(change))
    elif scored.service not in assessment.services:
        yield claim(f"{scored.service} itself raises no alert", cite.change(change))
    yield from _against_unexplained(scored, assessment, cite)


def _unexplained(scored: Scored, assessment: Assessment) -> list[Placed]:
    """The alerts of a named service that may not come from where the change was made."""
    group, service = assessment.group, scored.service
    if service is None:
        return []
    return [
        placed
        for placed, kin in zip(group.placed, group.kins, strict=True)
        if kin.service is not None and service not in group.travel.causes((kin.service, kin.golden))
    ]


def _against_unexplained(scored: Scored, assessment: Assessment, cite: Citations) -> Iterator[Claim]:
    left, total = _unexplained(scored, assessment), len(assessment.group.placed)
    if left:
        text = f"{len(left)} of {total} alerts do not come from there, by the dependencies known"
        yield claim(text, cite.alert(left[0].alert))


def _against_no_change(assessment: Assessment, cite: Citations) -> Iterator[Claim]:
    """The likeliest change, were it to blame, explains what no change does not."""
    best = next((scored for scored in assessment.ranked if scored.change is not None), None)
    if best is None or best.change is None or best.service is None:
        return
    total = len(assessment.group.placed)
    explained = total - len(_unexplained(best, assessment))
    if explained:
        text = f"{explained} of {total} alerts may come from {best.change.facts.title}"
        yield claim(text, cite.change(best.change), cite.alert(assessment.group.placed[0].alert))


def _told_against(scored: Scored, change: ChangeState, cite: Citations) -> Iterator[Claim]:
    """What the other changes of its target, and the alerts' ends, say against it."""
    facts = change.facts
    at, near = time_value(facts.effective_at), scored.near
    if near is not None and near.tie.how == "name":
        yield claim(f"nothing but its name ties it to {near.tie.service}", cite.change(change))
    if "returned" in scored.features:
        yield claim(f"took {facts.target} back to where it rests", cite.change(change), values=(facts.after,))
    if "superseded" in scored.features and near is not None and near.story.following is not None:
        following = near.story.following
        when = time_value(following.facts.effective_at)
        text = f"{facts.target} was changed again before the first alert"
        yield claim(text, cite.change(change), cite.change(following), values=(at, when))
    if "outlived" in scored.features:
        yield claim("still in force, though every alert has resolved", cite.change(change), values=(at,))


def _for_no_change(assessment: Assessment, cite: Citations) -> Iterator[Claim]:
    if len(assessment.ranked) > 1:
        return
    first = assessment.group.placed[0].alert
    elsewhere = assessment.window.elsewhere
    known = (
        f"none of the {elsewhere} changes near the onset touches"
        if elsewhere
        else "no change near the onset touches"
    )
    yield claim(f"{known} what fails", cite.alert(first), values=(time_value(first.facts.starts_at),))


def _first_alert(service: str, assessment: Assessment, cite: Citations) -> Iterator[str]:
    first = next((placed for placed in assessment.group.placed if placed.service == service), None)
    if first is not None:
        yield cite.alert(first.alert)


def _listed(names: Sequence[str]) -> str:
    """All of them in words; more than can be cited are counted."""
    if len(names) > _MAX_CITED:
        names = [*names[:_MAX_CITED], f"{len(names) - _MAX_CITED} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
