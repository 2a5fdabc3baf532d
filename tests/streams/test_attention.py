"""Which news are looked at at once, and which wait for the clock: by what leaves, and when."""

from schemas.events import Severity
from tests.streams.world import Sent, alert, change, fires, shop

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def _more(when: float, fingerprint: str, severity: Severity = "critical") -> Sent:
    return Sent(alert("payment", start=when, fingerprint=fingerprint, severity=severity), when)


def _resolved(when: float, fingerprint: str) -> Sent:
    return Sent(alert("payment", start=FIRST, fingerprint=fingerprint, status="resolved"), when)


def test_one_of_several_ends_waits_for_the_clock() -> None:
    """That one of two has ended is shown ten seconds after the last cut; the candidate is open all the same."""
    world = shop(_more(FIRST, "one"), _more(FIRST, "other"), ended=False)
    shown = len(world.packets())
    world.send([_resolved(FIRST + 2, "one")])
    assert shown == len(world.packets())
    world.tick(FIRST + 9)
    assert shown == len(world.packets())
    world.tick(FIRST + 10)
    assert ("1 more alert resolved",) == world.packets()[-1].whats_new


def test_the_last_of_several_ends_is_told_at_once() -> None:
    """No clock is waited for where nothing fires any more."""
    world = shop(_more(FIRST, "one"), _more(FIRST, "other"), ended=False)
    world.tick(FIRST + 10)
    world.send([_resolved(FIRST + 12, "one"), _resolved(FIRST + 13, "other")])
    assert "now resolved" in world.packets()[-1].whats_new


def test_an_alert_of_a_shown_kind_that_fires_after_all_had_ended_is_told_at_once() -> None:
    """The candidate is open again."""
    world = shop(_more(FIRST, "one"), _resolved(FIRST + 5, "one"), ended=False)
    assert "resolved" == world.packets()[-1].candidate.state
    world.send([_more(FIRST + 8, "other")])
    assert "now open" in world.packets()[-1].whats_new


def test_a_lower_severity_of_a_shown_kind_waits() -> None:
    """The candidate's severity is the highest of its alerts, and stays."""
    world = shop(_more(FIRST, "one"), _more(FIRST + 1, "other", severity="warning"), ended=False)
    assert 1 == len(world.packets())


def test_a_change_before_the_onset_is_weighed_at_once_and_one_after_it_waits() -> None:
    """What took effect first may be the cause; what came later is shown in ten seconds, among the changes."""
    after = Sent(change("deploy", "payment", when=FIRST + 90, service="payment"), FIRST + 91)
    before = Sent(change("flag", "express", when=FIRST - 60, service="payment"), FIRST + 92)
    world = shop(fires(), after, ended=False)
    assert 1 == len(world.packets())
    world.send([before])
    assert "flag" == world.packets()[-1].hypotheses[0].kind
