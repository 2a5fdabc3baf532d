"""Which change is suspected, and whether any: two questions, answered by weights that a packet can show.

A change's weight is the product of its features: the prior of its kind, how well it explains the alerts (where each
is, and how long after the change it began), how it is tied to a service, and what later changes of its target say.
Belief is the share of a weight, sharpened, of all weights and that of "no change is to blame": the features tell
the same story in part, so that their product says too little of the best and is raised to a power. One power serves
all, and beliefs come out as often right as they say.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import exp, prod
from typing import NamedTuple

from schemas.settings import micros
from schemas.thresholds import RankingSettings
from schemas.times import EARLIEST, LATEST, SECOND
from streams.group import Group
from streams.kinship import Kin
from streams.rhythm import USUAL
from streams.state import ChangeState
from streams.ties import Tie, tie_of
from streams.topology import Topology
from streams.travel import FAR, Travel, at_cost, touched_from
from streams.undoing import Story, is_return, place_of


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
) -> Window:
    """Of the changes within a group's window, those that may explain any of its alerts; the others are counted."""
    opens, closes = window_times(group, settings)
    inside = sorted(
        (change for change in changes if change.suspectable),
        key=place_of,
    )
    kins, travel = group.kins, group.travel
    places = {(kin.service, kin.golden) for kin in kins if kin.service}
    reach = {service for place in places for service in travel.causes(place)}
    unnamed = any(kin.service is None for kin in kins)
    tied = ((change, tie_of(change.facts, travel.topology)) for change in inside)
    fits = (
        (change, tie, fit_of(change, tie, kins, travel, settings))
        for change, tie in tied
        if unnamed or tie.service is None or tie.service in reach
    )
    near = tuple(Near(change, tie, fit, story_of(change)) for change, tie, fit in fits if fit > 0)
    return Window(opens, closes, near, len(inside) - len(near))


def alerting(group: Group) -> tuple[str, ...]:
    """The services that alert, in the order in which they began."""
    return tuple(dict.fromkeys(placed.service for placed in group.placed if placed.service))


def rank(group: Group, window: Window, settings: RankingSettings) -> tuple[Scored, ...]:
    """The explanations by belief; they sum to 1, and "no change" is always among them."""
    kins = group.kins
    quiet = _quiet(group)
    weighed = [(near, _features(near, kins, quiet(near.tie.service), settings)) for near in window.near]
    power, none = settings.sharpness, settings.no_change**settings.sharpness
    weights = [(near, prod(features.values()) ** power, features) for near, features in weighed]
    total = none + sum(weight for _, weight, _ in weights)
    ranked = [
        Scored(near.change, near.tie.service, weight / total, features, near)
        for near, weight, features in weights
    ]
    ranked.append(Scored(None, None, none / total, {"prior": settings.no_change}))
    return tuple(sorted(ranked, key=_order))


def _quiet(group: Group) -> Callable[[str | None], bool]:
    """Tells whether a service might have alerted and does not. A resource, a parameter say, never alerts."""
    alerts, entities = set(alerting(group)), group.travel.topology.entities

    def quiet(service: str | None) -> bool:
        entity = entities.get(service or "")
        speaks = entity is None or entity.facts.kind != "resource"
        return bool(service and alerts and service not in alerts and speaks)

    return quiet


def _order(scored: Scored) -> tuple[float, int, str]:
    if scored.change is None:
        return (-round(scored.confidence, 9), 0, "")
    return (-round(scored.confidence, 9), -scored.change.facts.effective_at, scored.change.facts.source_ref)


def _features(near: Near, kins: Sequence[Kin], quiet: bool, settings: RankingSettings) -> dict[str, float]:  # noqa: FBT001 - one of the features
    facts = near.change.facts
    resource = facts.target.split("/")[1] if facts.kind == "config" and "/" in facts.target else ""
    features = {
        "prior": settings.prior.get(facts.kind, 1.0),
        "minor": settings.minor.get(resource, 1.0),
        "fit": near.fit,
        "quiet": _of_quiet(kins, settings) if quiet else 1.0,
        **_said_later(near, kins, settings),
    }
    if is_return(near.change, near.story.before):
        features["returned"] = settings.returned
    return {name: value for name, value in features.items() if name in {"prior", "fit"} or value != 1.0}


def _of_quiet(kins: Sequence[Kin], settings: RankingSettings) -> float:
    """Silence says more while anything fires: the ends, and what undoes a change, say the rest later."""
    return settings.quiet_firing if any(kin.ended == LATEST for kin in kins) else settings.quiet


def _said_later(near: Near, kins: Sequence[Kin], settings: RankingSettings) -> dict[str, float]:
    """What became of a change tells: was it gone before, gone as the alerts cleared, or is it still there."""
    following = near.story.following
    ended = [kin.ended for kin in kins if kin.ended != LATEST]
    within = micros(settings.clears_s + max(kin.period for kin in kins))
    at = following.facts.effective_at if following else LATEST
    if at < kins[0].at - micros(USUAL):
        return {"superseded": settings.superseded}
    if len(ended) == len(kins) and at > max(ended) + within:
        return {"outlived": settings.outlived}
    began = sum(kin.at > at + micros(settings.skew_s) for kin in kins)
    cleared = sum(at - micros(settings.skew_s) <= end <= at + within for end in ended)
    clears = began < settings.clears_but * len(kins) and cleared > settings.clears_share * len(kins)
    return {"cleared": settings.cleared} if clears else {}


def fit_of(
    change: ChangeState, tie: Tie, kins: Sequence[Kin], travel: Travel, settings: RankingSettings
) -> float:
    """Mean over the alerts of how well each fits a fault made by the change; 0 where none may come from it."""
    weights: dict[tuple[str | None, str, str | None], float] = {}
    for kin in kins:
        place = (kin.service, kin.golden, kin.namespace)
        if place not in weights:
            weights[place] = place_weight(tie, kin, change, travel, settings)
    if not any(weights.values()):
        return 0.0
    fits = (
        weights[kin.service, kin.golden, kin.namespace] * lag_weight(change, kin, settings) for kin in kins
    )
    return sum(fits) / len(kins)


def place_weight(tie: Tie, kin: Kin, change: ChangeState, travel: Travel, settings: RankingSettings) -> float:
    """How well an alert fits a fault where the change is, by what it costs trouble to travel."""
    if tie.how == "nothing":
        return settings.unmapped
    if tie.how == "namespace":
        return settings.namespace if change.facts.namespace == kin.namespace else 0.0
    if tie.service == kin.service:
        cost = 0.0
    elif kin.service is None:
        return settings.unmapped
    else:
        cost = travel.causes((kin.service, kin.golden)).get(tie.service or "", FAR)
    return at_cost(cost, settings.place, beyond=0.0) * (settings.by_name if tie.how == "name" else 1.0)


def lag_weight(change: ChangeState, kin: Kin, settings: RankingSettings) -> float:
    """1 where an alert follows a change as late as it usually does, less before and after; a cause comes first.

    A fault has to take hold, to reach what alerts, and to last until a rule believes it: the sum of such waits is
    hardly ever nothing, has a usual length, and is seldom a multiple of it (as in a gamma distribution). It grows
    with the period of the alert's sender, which sees a fault so much later.
    """
    lag = (kin.at - change.facts.effective_at) / SECOND
    if lag < -settings.skew_s:
        return settings.long_after_onset
    if lag < 0:
        return settings.after_onset
    usual = settings.usual_lag_s.get(change.facts.kind, USUAL) + settings.late_by * (kin.period - USUAL)
    likely = lag / usual * exp(1 - lag / usual)
    if lag < usual:
        return settings.at_once + (1 - settings.at_once) * likely
    return float(likely**settings.late_power)


def touched(change: ChangeState, topology: Topology) -> set[str] | None:
    """The services whose alerts, of whatever kind, may come from a change; None where it may be any."""
    service = tie_of(change.facts, topology).service
    return None if service is None else touched_from(service, topology)
