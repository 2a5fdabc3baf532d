"""How well a change explains one alert, by when and where: at the boundaries of each feature."""

import pytest

from schemas.events import Change
from schemas.settings import Settings
from streams.fit import Fits, lag_of
from streams.kinship import Kin, kin_of
from streams.rank import touched
from streams.ties import tie_of
from streams.travel import Travel
from tests.streams.pieces import alert_state, change_state, topology
from tests.streams.world import alert, change

RANKING = Settings().ranking
ONSET = 3600.0
"""Start of the first alert, in seconds of the story."""


def _flag(when: float, service: str | None = "payment", what: str = "express") -> Change:
    return change("flag", what, when=when, service=service)


def _lag(lead: float, kind: str = "flag") -> float:
    made = change("flag", "express", when=ONSET - lead, service="payment")
    kin = _kin()
    return lag_of(change_state(made.model_copy(update={"kind": kind})), RANKING)(kin.at, kin.period)


def _kin(service: str | None = "payment", name: str = "HighErrorRate") -> Kin:
    return kin_of(alert_state(alert(service, name, start=ONSET)), service, None)


def _weight(service: str | None, alerting: str, name: str = "HighErrorRate", what: str = "express") -> float:
    made, graph = change_state(_flag(0, service, what)), topology()
    fits = Fits((_kin(alerting, name),), Travel(graph), RANKING)
    return fits.weights(tie_of(made.facts, graph), made.facts.namespace).get(0, 0.0)


@pytest.mark.parametrize(("kind", "usual"), RANKING.usual_lag_s.items())
def test_a_change_as_long_before_as_usual_has_its_whole_weight(kind: str, usual: float) -> None:
    """A fault takes hold, travels and is believed before an alert starts; sooner or later is less likely."""
    sooner, just, later = (_lag(usual * share, kind) for share in (0.5, 1.0, 2.0))
    assert sooner < just > later
    assert 1.0 == just


def test_a_lag_many_times_the_usual_is_hardly_ever_seen() -> None:
    """Nine minutes after a flag it has lost most of its weight, half an hour after it is next to nothing."""
    assert 0.5 > _lag(540) > 0.3
    assert 0.001 > _lag(1800) > _lag(7200)


def test_a_change_at_the_very_onset_was_hardly_quick_enough() -> None:
    """No time has passed in which a rule could have seen it."""
    assert RANKING.at_once == _lag(0)


def test_a_change_just_after_the_onset_may_be_a_matter_of_clocks() -> None:
    """Up to the skew, the last microsecond included, it keeps the reduced weight."""
    assert [RANKING.after_onset] * 2 == [_lag(-0.000001), _lag(-RANKING.skew_s)]


def test_a_change_past_the_skew_came_after_what_it_would_have_caused() -> None:
    """One microsecond past the skew its weight is next to nothing."""
    assert RANKING.long_after_onset == _lag(-RANKING.skew_s - 0.000001)


def test_a_change_on_the_alerting_service_itself_fits_best() -> None:
    """Then one dependency away, then two, as the settings say: errors travel to those who call."""
    found = [_weight("payment", service) for service in ("payment", "checkout", "frontend")]
    assert list(RANKING.place[:3]) == found


def test_errors_do_not_travel_to_what_is_called() -> None:
    """The ledger fails alone when billing, which needs it, is broken: but for billing's load, nothing comes of it."""
    assert _weight("billing", "ledger") < _weight("ledger", "billing") / 5


def test_missing_traffic_travels_to_what_is_called() -> None:
    """A frontend that stopped calling explains that checkout hears nothing better than payment does."""
    above, below = (_weight(service, "checkout", "NoRequestsReceived") for service in ("frontend", "payment"))
    assert 0 < below < above < 1


def test_a_sick_workload_hardly_travels() -> None:
    """That pods of checkout restart is explained less by a change of payment than that checkout errs."""
    assert _weight("payment", "checkout", "KubePodCrashLooping") < _weight("payment", "checkout")


def test_a_change_without_a_path_to_what_fails_does_not_fit_at_all() -> None:
    """Ledger and payment do not know of each other."""
    assert 0.0 == _weight("ledger", "payment")


def test_a_change_that_nothing_ties_to_a_service_fits_a_little_everywhere() -> None:
    """It cannot be ruled out, so it keeps a small weight."""
    assert RANKING.unmapped == _weight(None, "payment")


@pytest.mark.parametrize("key", ["paymentUnreachable", "new-payment-page", "PAYMENT_TIMEOUT_MS"])
def test_a_flag_that_has_a_service_in_its_key_is_tied_to_it_by_name(key: str) -> None:
    """Nothing maps it, but its words do; a little less than what the catalog says."""
    assert RANKING.by_name == _weight(None, "payment", what=key)


def test_part_of_a_word_ties_nothing() -> None:
    """`cart` does not stand in `cartography`."""
    assert RANKING.unmapped == _weight(None, "cart", what="cartographyMode")


def test_the_load_that_a_caller_makes_is_a_little_suspected() -> None:
    """A flag that has the frontend send more may bring checkout down, if nothing that checkout needs has changed."""
    assert 0.0 < _weight("frontend", "checkout") < _weight("payment", "checkout")


def test_what_a_caller_lacks_keeps_its_traffic_from_others() -> None:
    """Payment fails, checkout stops in the middle, and the cart hears nothing more; errors of the cart are its own."""
    quiet, errs = (_weight("payment", "cart", name) for name in ("NoRequestsReceived", "HighErrorRate"))
    assert 0.0 == errs < quiet < _weight("checkout", "cart", "NoRequestsReceived")


@pytest.mark.parametrize("name", ["HighErrorRate", "Latency", "NoRequestsReceived", "KubePodCrashLooping"])
def test_a_change_touches_every_service_whose_alerts_it_may_explain(name: str) -> None:
    """Else a candidate would not be thought of anew when the change arrives."""
    graph = topology()
    for service in graph.entities:
        reach = touched(change_state(_flag(0, service)), graph)
        explained = {alerting for alerting in graph.entities if _weight(service, alerting, name) > 0}
        assert reach is not None
        assert explained <= reach
