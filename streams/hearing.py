"""What follows from what people have said of one candidate: its suspects, its owner, whether it is closed.

The machine goes on suspecting; what a person confirmed or rejected stands beside it, under their name.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from schemas.feedback import Feedback
from schemas.identity import short_id
from schemas.thresholds import RankingSettings
from streams.blame import Owner
from streams.feedback import FeedbackState
from streams.group import Group
from streams.rank import Scored

PERSON: Final = "person"
"""The feature of an explanation that a person has confirmed or rejected."""
_STATEMENTS: Final = {
    "confirm": "{who} confirmed: {suspect}",
    "reject": "{who} rejected: {suspect}",
    "split": "{who} split off {alerts} as another incident",
    "merge": "{who} made it one with {into}",
    "false_page": "{who} calls it a false page",
    "misroute": "{who} says that it went to the wrong team",
    "hand_over": "{who} handed it over to {team}",
    "update_sent": "{who} sent an internal update",
    "close": "{who} closed it: {cause}",
    "reopen": "{who} opened it again",
    "undo": "{who} took back what was said before",
}
_NOBODY: Final = "no recorded change is to blame"


class Verdict(NamedTuple):
    """The last word of a person on one explanation."""

    said: FeedbackState
    confirmed: bool


def said_of(group: Group, known: Sequence[FeedbackState]) -> tuple[FeedbackState, ...]:
    """What of all that counts was said of a group, in order."""
    if not known:
        return ()
    keys = {placed.alert.key for placed in group.placed}
    return tuple(said for said in known if said.anchor in keys)


def verdicts(said: Iterable[FeedbackState]) -> dict[str | None, Verdict]:
    """The last word on each explanation, by the name of the change; None: that no change is to blame."""
    return {
        one.facts.source_ref: Verdict(one, one.facts.kind == "confirm")
        for one in said
        if one.facts.kind in {"confirm", "reject"}
    }


def heard(
    ranked: tuple[Scored, ...], said: Sequence[FeedbackState], settings: RankingSettings
) -> tuple[Scored, ...]:
    """The explanations with people's words on them: what was confirmed first, what was rejected last."""
    words = verdicts(said)
    if not words:
        return ranked
    factors = {True: settings.confirmed, False: settings.rejected}
    told = [(one, words.get(_ref(one))) for one in ranked]
    weighed = [(one, 1.0 if word is None else factors[word.confirmed]) for one, word in told]
    total = sum(one.confidence * factor for one, factor in weighed)
    made = [
        one._replace(confidence=one.confidence * factor / total, features=_features(one, factor))
        for one, factor in weighed
    ]
    order = [0 if word and word.confirmed else 2 if word else 1 for _, word in told]
    # Sorting is stable: what people said nothing of keeps the order that it had.
    return tuple(one for _, one in sorted(zip(order, made, strict=True), key=lambda pair: pair[0]))


def owner_by_people(
    owner: Owner, group: Group, said: Sequence[FeedbackState], known: Sequence[FeedbackState]
) -> Owner:
    """The team that it was handed over to; where nothing else names one, that which such alerts were handed to before.

    `said` is of the group, `known` of the whole scope.
    """
    routed = [one for one in said if one.facts.kind in {"hand_over", "misroute"} and one.facts.team]
    if routed:
        last = routed[-1].facts
        return owner._replace(
            team=last.team,
            how=f"handed over by {last.person}",
            entity=None,
            alert=None,
            feedback=last.feedback_id,
            runbook=None,
            share=None,
        )
    before = handed_before(group, owner.service, known) if owner.team is None else ()
    if not before:
        return owner
    latest = before[-1].facts
    return owner._replace(
        team=latest.team, how=_often(len(before), latest.team or ""), feedback=latest.feedback_id
    )


def handed_before(
    group: Group, service: str | None, known: Sequence[FeedbackState]
) -> tuple[FeedbackState, ...]:
    """The earlier hand-overs of such alerts to the team that got the last of them, in order.

    Such alerts are of the suspected root's service; where none is named, those of the same rule.
    """
    if not known:
        return ()
    own = {placed.alert.key for placed in group.placed}
    rules = {placed.alert.facts.name for placed in group.placed if placed.service is None}
    like = [
        one
        for one in known
        if one.facts.team
        and one.about
        and one.anchor not in own
        # What is said after it began is no history of it.
        and one.facts.given_at < group.onset
        and one.facts.kind in {"hand_over", "misroute"}
        and (
            one.about.service == service
            if service
            else one.about.service is None and one.about.alert in rules
        )
    ]
    return tuple(one for one in like if one.facts.team == like[-1].facts.team)


def _often(times: int, team: str) -> str:
    return f"such alerts were handed over to {team} {f'{times} times' if times > 1 else 'once'} before"


def closing(said: Iterable[FeedbackState], group: Group) -> FeedbackState | None:
    """What closed it, where it is closed: an alert that begins later opens it again, as a person may."""
    last = None
    for one in said:
        if one.facts.kind in {"close", "reopen"}:
            last = one if one.facts.kind == "close" else None
    if last is None or any(placed.alert.at > last.facts.given_at for placed in group.placed):
        return None
    return last


def statements(
    said: Iterable[FeedbackState], ranked: Iterable[Scored]
) -> Iterator[tuple[FeedbackState, str]]:
    """What each has said, in words."""
    titles = {one.change.facts.source_ref: one.change.facts.title for one in ranked if one.change}
    for one in said:
        yield one, statement(one.facts, titles.get(one.facts.source_ref or ""))


def statement(facts: Feedback, title: str | None = None) -> str:
    """What one person has said, in words; `title`: of the change that it is about, where that is known."""
    alerts, into = len(facts.alerts), facts.into
    said = _STATEMENTS[facts.kind].format(
        who=facts.person,
        suspect=(title or facts.source_ref) if facts.source_ref else _NOBODY,
        alerts=f"{alerts} alert{'s' if alerts != 1 else ''}",
        into=_short(into) if into else "another",
        team=facts.team,
        cause=facts.cause,
    )
    if facts.kind == "misroute" and facts.team:
        said += f"; it is {facts.team}'s"
    return f"{said} ({facts.note})" if facts.note else said


def _short(name: str) -> str:
    """A candidate's short name; whatever else a person wrote, as they wrote it."""
    try:
        return short_id(name)
    except ValueError:
        return name


def _ref(scored: Scored) -> str | None:
    return scored.change.facts.source_ref if scored.change else None


def _features(scored: Scored, factor: float) -> dict[str, float]:
    return scored.features if factor == 1.0 else {**scored.features, PERSON: factor}
