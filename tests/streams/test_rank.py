"""Which change is suspected, and whether any: whole situations."""

from collections.abc import Sequence

import pytest

from schemas.events import Change, ChangeStatus
from schemas.settings import Settings
from streams.rank import Scored
from tests.streams.pieces import assessed, topology
from tests.streams.world import Sent, alert, at, change, entity, shop

RANKING = Settings().ranking
ONSET = 3600.0
"""Start of the first alert, in seconds of the story."""


def _flag(when: float, service: str | None = "payment", what: str = "express") -> Change:
    return change("flag", what, when=when, service=service)


def _ranked(*changes: Change, services: Sequence[str] = ("payment",)) -> list[Scored]:
    alerts = [alert(service, start=ONSET + number) for number, service in enumerate(services)]
    return list(assessed(alerts, changes).ranked)


def _top(*changes: Change, services: Sequence[str] = ("payment",)) -> str | None:
    top = _ranked(*changes, services=services)[0].change
    return top.facts.target if top else None


def test_upstream_beats_downstream_at_the_same_lag() -> None:
    """Direction decides: what both need is suspected before what needs both."""
    services = ("checkout", "payment")
    assert "flag/a" == _top(
        _flag(ONSET - 60, "payment", "a"), _flag(ONSET - 60, "frontend", "b"), services=services
    )


def test_of_two_changes_of_a_service_the_later_is_suspected() -> None:
    """Nearer to the onset is likelier."""
    assert "flag/late" == _top(_flag(ONSET - 600, what="early"), _flag(ONSET - 60, what="late"))


def test_of_two_equal_changes_the_order_is_set() -> None:
    """Equal belief: the same order every time, by name."""
    first, second = _flag(ONSET - 60, what="a"), _flag(ONSET - 60, what="b")
    assert _top(first, second) == _top(second, first)


def test_nothing_near_means_that_no_change_is_to_blame() -> None:
    """The only answer has all of the belief."""
    [only] = _ranked()
    assert (None, 1.0) == (only.change, only.confidence)


def test_an_old_change_does_not_outweigh_no_change() -> None:
    """Two hours are twelve half-lives of a flag."""
    assert None is _top(_flag(ONSET - RANKING.look_back_s))


def test_the_window_begins_exactly_at_the_look_back() -> None:
    """Included at the boundary, one microsecond before it is not looked at."""
    assert 2 == len(_ranked(_flag(ONSET - RANKING.look_back_s)))
    assert 1 == len(_ranked(_flag(ONSET - RANKING.look_back_s - 0.000001)))


def test_the_window_ends_exactly_at_the_look_ahead() -> None:
    """The same on the other side."""
    assert 2 == len(_ranked(_flag(ONSET + RANKING.look_ahead_s)))
    assert 1 == len(_ranked(_flag(ONSET + RANKING.look_ahead_s + 0.000001)))


def test_changes_elsewhere_are_counted_and_not_ranked() -> None:
    """The packet can say how many there were."""
    found = assessed(
        [alert("payment", start=ONSET)], [_flag(ONSET - 60, "ledger", "other"), _flag(ONSET - 60)]
    )
    assert (1, 1) == (found.window.elsewhere, len(found.window.near))


def _on(when: float) -> Change:
    return change("flag", "express", when=when, service="payment", before="off", after="on")


def _off(when: float) -> Change:
    return change("flag", "express", when=when, service="payment", before="on", after="off")


def _said(*changes: Change) -> dict[str, set[str]]:
    """What is said of each change beside its kind and fit, by the time at which it took effect."""
    plain = {"prior", "fit"}
    return {
        f"{(scored.change.facts.effective_at - at(ONSET)) // 1_000_000}": set(scored.features) - plain
        for scored in _ranked(*changes)
        if scored.change is not None
    }


def test_a_change_undone_before_the_onset_is_hardly_suspected_and_neither_is_its_undoing() -> None:
    """On and off again five minutes before anything fails: no change is the better answer."""
    assert None is _ranked(_on(ONSET - 360), _off(ONSET - 300))[0].change
    assert {"-360": {"superseded"}, "-300": {"returned"}} == _said(_on(ONSET - 360), _off(ONSET - 300))


def test_a_change_undone_after_the_onset_stays_the_suspect() -> None:
    """Turning it off is what a responder does; it does not clear the flag of suspicion."""
    top = _ranked(_on(ONSET - 60), _off(ONSET + 300))[0]
    assert top.change is not None
    assert at(ONSET - 60) == top.change.facts.effective_at


def test_turning_on_again_what_rests_off_is_no_return() -> None:
    """Of on, off and on, only the off goes back to what the flag has been for longest."""
    assert {"-600": {"superseded"}, "-540": {"returned"}, "-60": set()} == _said(
        _on(ONSET - 600), _off(ONSET - 540), _on(ONSET - 60)
    )


def test_a_change_to_another_value_undoes_nothing() -> None:
    """From off to on, then from on to half, is two changes; the second has replaced the first."""
    half = change("flag", "express", when=ONSET - 30, service="payment", before="on", after="half")
    assert {"-60": set(), "-30": set()} == _said(_on(ONSET - 60), half)


def _ended(*changes: Change, ends: float) -> list[Scored]:
    over = alert("payment", start=ONSET, status="resolved", end=ends)
    return list(assessed([over], changes).ranked)


def test_a_change_whose_undoing_clears_the_alerts_is_suspected_the_more() -> None:
    """The alert ends within ten minutes of the off: what worked as a fix tells what was broken."""
    cleared = _ended(_on(ONSET - 60), _off(ONSET + 300), ends=ONSET + 400)[0]
    assert RANKING.cleared == cleared.features["cleared"]
    assert cleared.confidence > _ended(_on(ONSET - 60), ends=ONSET + 400)[0].confidence


def test_an_undoing_long_before_the_alerts_end_clears_nothing() -> None:
    """One microsecond past ten minutes and a minute it is no longer seen as the fix."""
    latest = ONSET + 300 + RANKING.clears_s + 60
    just, late = (
        _ended(_on(ONSET - 60), _off(ONSET + 300), ends=end)[0] for end in (latest, latest + 0.000001)
    )
    assert ("cleared" in just.features, "cleared" in late.features) == (True, False)


def test_a_change_that_is_in_force_when_all_alerts_have_ended_is_suspected_less() -> None:
    """It did not have to go for the trouble to end."""
    [weak] = [scored for scored in _ended(_on(ONSET - 60), ends=ONSET + 400) if scored.change]
    assert RANKING.outlived == weak.features["outlived"]


@pytest.mark.parametrize("status", ["failed", "started", "unknown"])
def test_a_change_that_did_not_take_effect_is_not_suspected(status: ChangeStatus) -> None:
    """Only what succeeded can have broken something."""
    deploy = change("deploy", "payment", when=ONSET - 60, service="payment")
    assert 1 == len(_ranked(deploy.model_copy(update={"status": status})))


def test_what_a_rule_clears_is_not_suspected() -> None:
    """A write by a controller is kept, and cannot be to blame."""
    config = change("config", "payment", when=ONSET - 60, service="payment")
    cleared = config.model_copy(update={"suspectable": False, "verdict": "written by a part of the cluster"})
    assert 1 == len(_ranked(cleared))


def test_beliefs_sum_to_one() -> None:
    """However many there are."""
    ranked = _ranked(*(_flag(ONSET - 60 * n, what=f"f{n}") for n in range(1, 30)))
    assert sum(scored.confidence for scored in ranked) == pytest.approx(1.0)


def test_the_belief_of_a_lone_suspect_is_the_share_of_its_sharpened_weight() -> None:
    """A flag on payment itself, as long before as usual."""
    top, prior = _ranked(_flag(ONSET - RANKING.usual_lag_s["flag"]))[0], RANKING.prior["flag"]
    mine, none = prior**RANKING.sharpness, RANKING.no_change**RANKING.sharpness
    assert top.confidence == pytest.approx(mine / (mine + none))
    assert {"prior": prior, "fit": 1.0} == top.features


@pytest.mark.parametrize(
    ("status", "weight"), [("firing", RANKING.quiet_firing), ("resolved", RANKING.quiet)]
)
def test_a_change_on_a_service_that_stays_quiet_counts_less(status: str, weight: float) -> None:
    """Payment was changed and alerts of nothing; checkout, which needs it, fails: most while nothing else tells."""
    failing = alert("checkout", start=ONSET, status=status, end=ONSET + 60)
    [quiet] = [s for s in assessed([failing], [_flag(ONSET - 240)]).ranked if s.change]
    assert weight == quiet.features["quiet"] < 1.0


def test_a_resource_is_never_quiet() -> None:
    """A parameter serves no request: that it raises no alert says nothing."""
    parameter = entity("limit").model_copy(update={"kind": "resource", "entity": "resource:default/limit"})
    needing = entity("payment").model_copy(update={"depends_on": ("resource:default/limit",)})
    found = assessed(
        [alert("payment", start=ONSET)], [_flag(ONSET - 240, "limit")], topology(parameter, needing)
    )
    [scored] = [scored for scored in found.ranked if scored.change]
    assert {"prior", "fit"} == set(scored.features)


@pytest.mark.parametrize(("environment", "suspects"), [("staging", 1), ("production", 2), (None, 2)])
def test_only_changes_of_the_scope_or_of_the_whole_tenant_are_suspected(
    environment: str | None, suspects: int
) -> None:
    """A staging deploy broke nothing in production; one that names no environment may have."""
    deploy = change("deploy", "payment", when=0, service="payment", environment=environment)
    world = shop(Sent(deploy, 1), Sent(alert("payment", start=60), 61))
    [candidate] = world.candidates().values()
    assert suspects == len(candidate.suspects)
