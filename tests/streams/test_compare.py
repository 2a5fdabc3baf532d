"""What other settings would change: candidates split or merged, and what they say otherwise."""

from schemas.packets import Candidate
from schemas.settings import Settings
from schemas.thresholds import CorrelationSettings, RankingSettings
from streams.compare import Comparison, compare
from tests.streams.world import Sent, World, fires, payment_incident, shop, turned_on

_STORY = (*payment_incident(), fires("billing", 4_000))
_APART = Settings(correlation=CorrelationSettings(base=-10))


def _candidates(world: World) -> list[Candidate]:
    return [output.message for output in world.outputs if isinstance(output.message, Candidate)]


def _compared(before: Settings, after: Settings, *sent: Sent) -> Comparison:
    stories = [_candidates(shop(*(sent or _STORY), settings=settings)) for settings in (before, after)]
    return compare(*stories)


def test_the_same_settings_change_nothing() -> None:
    """Nothing to tell."""
    compared = _compared(Settings(), Settings())
    assert compared.is_same
    assert (2, 2, 0) == (compared.pages_before, compared.pages_after, compared.pages_saved)


def test_what_would_lie_in_several_candidates_is_split() -> None:
    """With which, and how many of its alerts each has; they are pages more."""
    compared = _compared(Settings(), _APART)
    [split] = compared.split
    assert ("payment and 2 more services failing in production", (1, 1, 1)) == (split.title, split.alerts)
    assert split.candidate == split.others[0]
    assert ((), -2) == (compared.merged, compared.pages_saved)


def test_what_would_come_of_several_candidates_is_merged() -> None:
    """The same the other way round: pages saved."""
    compared = _compared(_APART, Settings())
    [merged] = compared.merged
    assert (3, (), 2) == (len(merged.others), compared.split, compared.pages_saved)


def test_another_suspect_and_action_are_told_side_by_side() -> None:
    """By the candidate's id before; what stays the same is not told."""
    sceptical = Settings(ranking=RankingSettings(no_change=1e6))
    compared = _compared(Settings(), sceptical)
    told = [(other.what, other.after) for other in compared.others]
    assert [("suspect", "no change is to blame"), ("action", "none")] == told
    assert {False} == {compared.is_same}
    assert "revert_flag flag/express" == compared.others[1].before


def test_alerts_without_a_candidate_on_the_other_side_are_passed_over() -> None:
    """Another recording is no comparison, and no error."""
    one, other = _candidates(shop(fires())), _candidates(shop(turned_on(40), fires("billing", 500)))
    compared = compare(one, other)
    assert ((), (), ()) == (compared.split, compared.merged, compared.others)
