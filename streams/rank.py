"""Which change is suspected, and whether any: two questions, answered by weights that a packet can show.

A change's weight is the product of its features: the prior of its kind, how well it explains the alerts (where each
is, and how long after the change it began), how it is tied to a service, and what later changes of its target say.
Belief is the share of a weight, sharpened, of all weights and that of "no change is to blame": the features tell
the same story in part, so that their product says too little of the best and is raised to a power. One power serves
all, and beliefs come out as often right as they say.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from schemas.settings import micros
from schemas.thresholds import RankingSettings
from schemas.times import EARLIEST, LATEST
from streams.cooccurrence import Followed, is_loose
from streams.fit import Fits
from streams.group import Group
from streams.kinship import Kin
from streams.rhythm import USUAL
from streams.state import ChangeState
from streams.ties import tie_of
from streams.topology import Tie, Topology
from streams.travel import touched_from
from streams.undoing import Story, place_of


class Scored(NamedTuple):
    """One explanation with its share of belief; `change` is None where no change is to blame."""

    change: ChangeState | None
    service: str | None
    confidence: float
    features: dict[str, float]
    near: "Near | None" = None


class Near(NamedTuple):
    """A change that may explain what alerts: how it is tied, and how well it does."""

    change: ChangeState
    tie: Tie
    fit: float
    story: Story
    followed: Followed | None = None
    """What followed earlier changes of the same object, where nothing else ties it to a service."""
    gain: float = 1.0
    """How many times better it explains the alerts with that."""


FollowedBy = Callable[[ChangeState, Story], Followed | None]
"""Tells what followed earlier changes of the object that a change is of."""


class Course(NamedTuple):
    """When the alerts of a group began and ended, each in order; `firing` where any has not ended."""

    began: Sequence[int]
    ended: Sequence[int]
    firing: bool
    period: float
    """The longest period of a sender, in seconds."""


@dataclass(frozen=True, slots=True)
class Window:
    """The changes near the onset of a group: those that may explain it by time, the rest counted."""

    opens: int
    closes: int
    near: tuple[Near, ...]
    elsewhere: int


def window_times(group: Group, settings: RankingSettings) -> tuple[int, int]:
    """First and last instant at which a change counts for a group: look-back and look-ahead around its onset."""
    opens, closes = group.onset - micros(settings.look_back_s), group.onset + micros(settings.look_ahead_s)
    return max(opens, EARLIEST), min(closes, LATEST)


def window_of(
    group: Group,
    changes: Iterable[ChangeState],
    story_of: Callable[[ChangeState], Story],
    settings: RankingSettings,
    followed_by: FollowedBy = lambda _change, _story: None,
) -> Window:
    """Of the changes within a group's window, those that may explain any of its alerts; the others are counted."""
    opens, closes = window_times(group, settings)
    inside = sorted(
        (change for change in changes if change.suspectable),
        key=place_of,
    )
    fits = Fits(group.kins, group.travel, settings)
    tied = ((change, tie_of(change.facts, group.travel.topology)) for change in inside)
    fitting = ((change, tie, fits.of(change, tie)) for change, tie in tied if fits.may_come_from(tie))
    found = (
        Near(change, tie, fit, story_of(change)) for change, tie, fit in fitting if fit > 0 or is_loose(tie)
    )
    told = (_told(one, fits, followed_by) if is_loose(one.tie) else one for one in found)
    near = tuple(one for one in told if one.fit > 0)
    return Window(opens, closes, near, len(inside) - len(near))


def _told(near: Near, fits: Fits, followed_by: FollowedBy) -> Near:
    """A change that nothing ties to a service, with what followed earlier changes of its object."""
    followed = followed_by(near.change, near.story) if near.story.begun else None
    if followed is None:
        return near
    tie = near.tie if near.fit > 0 else Tie("nothing")
    fit = near.fit or fits.of(near.change, tie)
    ties = [(tie, 1.0), *followed.ties(fits.settings.followed)]
    return (
        near._replace(fit=fit, followed=followed, gain=fits.of_any(near.change, ties) / fit) if fit else near
    )


def alerting(group: Group) -> tuple[str, ...]:
    """The services that alert, in the order in which they began."""
    return tuple(dict.fromkeys(placed.service for placed in group.placed if placed.service))


def rank(group: Group, window: Window, settings: RankingSettings) -> tuple[Scored, ...]:
    """The explanations by belief; they sum to 1, and "no change" is always among them."""
    course = course_of(group.kins)
    quiet = _quiet(group, settings.quiet_firing if course.firing else settings.quiet)
    weighed = [(near, _features(near, course, quiet(near.tie.service), settings)) for near in window.near]
    power, none = settings.sharpness, settings.no_change**settings.sharpness
    weights = [(near, prod(features.values()) ** power, features) for near, features in weighed]
    total = none + sum(weight for _, weight, _ in weights)
    ranked = [
        Scored(near.change, near.tie.service, weight / total, features, near)
        for near, weight, features in weights
    ]
    ranked.append(Scored(None, None, none / total, {"prior": settings.no_change}))
    return tuple(sorted(ranked, key=_order))


def course_of(kins: Sequence[Kin]) -> Course:
    """The course of some alerts, given by start."""
    ended = sorted(kin.ended for kin in kins if kin.ended != LATEST)
    period = max(kin.period for kin in kins)
    return Course([kin.at for kin in kins], ended, len(ended) < len(kins), period)


def _quiet(group: Group, weight: float) -> Callable[[str | None], float]:
    """What it weighs that a service might have alerted and does not. A resource, a parameter say, never alerts.

    Silence says more while anything fires: the ends, and what undoes a change, say the rest later.
    """
    alerts, entities = set(alerting(group)), group.travel.topology.entities

    def quiet(service: str | None) -> float:
        entity = entities.get(service or "")
        speaks = entity is None or entity.facts.kind != "resource"
        return weight if service and alerts and service not in alerts and speaks else 1.0

    return quiet


def _order(scored: Scored) -> tuple[float, int, str]:
    if scored.change is None:
        return (-round(scored.confidence, 9), 0, "")
    return (-round(scored.confidence, 9), -scored.change.facts.effective_at, scored.change.facts.source_ref)


def _features(near: Near, course: Course, quiet: float, settings: RankingSettings) -> dict[str, float]:
    facts = near.change.facts
    resource = facts.target.split("/")[1] if facts.kind == "config" and "/" in facts.target else ""
    features = {
        "prior": settings.prior.get(facts.kind, 1.0),
        "minor": settings.minor.get(resource, 1.0),
        "fit": near.fit,
        "followed": near.gain,
        "quiet": quiet,
        **_said_later(near.story.following, course, settings),
    }
    if near.story.is_return:
        features["returned"] = settings.returned
    return {name: value for name, value in features.items() if name in {"prior", "fit"} or value != 1.0}


def _said_later(following: ChangeState | None, course: Course, settings: RankingSettings) -> dict[str, float]:
    """What became of a change tells: was it gone before, gone as the alerts cleared, or is it still there."""
    count, skew = len(course.began), micros(settings.skew_s)
    within = micros(settings.clears_s + course.period)
    at = following.facts.effective_at if following else LATEST
    if at < course.began[0] - micros(USUAL):
        return {"superseded": settings.superseded}
    if not course.firing and at > course.ended[-1] + within:
        return {"outlived": settings.outlived}
    began = count - bisect_right(course.began, at + skew)
    cleared = bisect_right(course.ended, at + within) - bisect_left(course.ended, at - skew)
    clears = began < settings.clears_but * count and cleared > settings.clears_share * count
    return {"cleared": settings.cleared} if clears else {}


def touched(change: ChangeState, topology: Topology) -> set[str] | None:
    """The services whose alerts, of whatever kind, may come from a change; None where it may be any."""
    service = tie_of(change.facts, topology).service
    return None if service is None else touched_from(service, topology)
