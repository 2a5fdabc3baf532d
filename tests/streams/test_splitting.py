"""One source or two: what alerts at one time must cost, save and be before they are parted."""

from collections.abc import Sequence

import pytest

from schemas.settings import Settings
from streams.kinship import Kin, kin_of
from streams.splitting import Origin, Splits, split
from streams.travel import Travel
from tests.streams.pieces import alert_state, topology
from tests.streams.world import alert, at, entity

SETTINGS = Settings().correlation
_PAGES = 6
_GRAPH = topology(
    entity("store"),
    *(entity(what, "store") for what in ("search", "basket")),
    entity("home", "search", "basket"),
    *(entity(f"{what}-page-{n}", what) for what in ("search", "basket") for n in range(_PAGES)),
)
TRAVEL = Travel(_GRAPH)


def _errs(service: str, start: float, end: float | None = None) -> Kin:
    return kin_of(alert_state(alert(service, start=start)), service, None if end is None else at(end))


def _side(what: str, start: float) -> list[Kin]:
    """A service and the pages that call it, all at once."""
    return [_errs(name, start) for name in (what, *(f"{what}-page-{n}" for n in range(_PAGES)))]


def _parted(kins: Sequence[Kin], *origins: Origin) -> list[set[str | None]]:
    return [{kin.service for kin in part.kins} for part in split(sorted(kins), origins, TRAVEL, SETTINGS)]


def _changed(service: str, when: float) -> Origin:
    return Origin(at(when), service)


def test_what_one_source_explains_stays_together() -> None:
    """Every page that calls a failing service is explained by it."""
    assert 1 == len(_parted(_side("search", 1000)))


def test_two_sources_that_began_apart_are_two() -> None:
    """Nothing needs both, and the second began three minutes later."""
    assert [7, 7] == [len(part) for part in _parted([*_side("search", 1000), *_side("basket", 1180)])]


def test_two_sources_that_began_together_are_one() -> None:
    """At one moment it is likelier that what both need has failed in silence."""
    assert 1 == len(_parted([*_side("search", 1000), *_side("basket", 1000)]))


def test_two_sources_that_were_both_changed_are_two_though_they_began_together() -> None:
    """Each has a change of its own just before."""
    kins = [*_side("search", 1000), *_side("basket", 1000)]
    assert 2 == len(_parted(kins, _changed("search", 960), _changed("basket", 970)))


def test_a_change_long_before_makes_no_source() -> None:
    """One second more than changes count for."""
    early = 1000 - SETTINGS.split_change_s - 1
    kins = [*_side("search", 1000), *_side("basket", 1000)]
    assert 1 == len(_parted(kins, _changed("search", early), _changed("basket", early)))


def test_a_stranger_that_ends_apart_is_left_alone_where_a_changed_source_explains_the_rest() -> None:
    """Nothing that fails in the search explains it, it began five minutes later, and it ended long after."""
    search, change = [kin._replace(ended=at(2000)) for kin in _side("search", 1000)], _changed("search", 900)
    assert [7, 1] == [len(part) for part in _parted([*search, _errs("basket", 1300, end=4000)], change)]


def test_a_stranger_that_ends_with_the_others_stays() -> None:
    """The same, but for its end: what explains the rest may have reached it in a way that the catalog lacks."""
    search, change = [kin._replace(ended=at(2000)) for kin in _side("search", 1000)], _changed("search", 900)
    assert 1 == len(_parted([*search, _errs("basket", 1300, end=2000)], change))


def test_a_stranger_amid_strangers_stays() -> None:
    """Where the catalog explains hardly any of what fails together, it cannot say who does not belong."""
    kins = [_errs(f"{what}-page-{n}", 1000) for n in range(_PAGES) for what in ("search", "basket")]
    assert 1 == len(_parted([*kins, _errs("basket", 1300)]))


def test_what_was_split_off_tells_from_which_source_and_how_clearly() -> None:
    """The first to begin is as it was; the others name its source, and what was saved beside the price."""
    search, basket = sorted(split([*_side("search", 1000), *_side("basket", 1180)], (), TRAVEL, SETTINGS))
    assert search.off is None
    assert basket.off is not None
    assert ("split", _errs("search", 1000).key) == (basket.off.rule, basket.off.to)
    assert 0.5 <= basket.off.score < 1


def test_what_two_sources_explain_belongs_to_the_one_that_began_before_it() -> None:
    """It needs both. The search begins nearer to it than the basket does, but after it."""
    kins = [*_side("basket", 1000), *_side("search", 1180), _errs("home", 1130)]
    [basket] = [part for part in _parted(kins) if "basket" in part]
    assert "home" in basket


def test_an_end_to_come_says_nothing() -> None:
    """While the others still fire, the first to end belongs to them as it did before."""
    side = _side("search", 1000)
    assert 1 == len(_parted([side[0]._replace(ended=at(1060)), *side[1:]]))


@pytest.mark.parametrize(("ends", "parts"), [(None, 2), (5000, 1)])
def test_what_still_fires_is_parted_sooner_than_what_has_ended_together(
    ends: float | None, parts: int
) -> None:
    """The basket and its pages fail five minutes after the store that they need: another incident, it seems so far."""
    later = [_errs(name, 1300, ends) for name in ("basket", *(f"basket-page-{n}" for n in range(3)))]
    assert parts == len(_parted([_errs("store", 1000, ends), *later]))


def test_every_alert_is_in_one_part() -> None:
    """None is lost in the dealing."""
    kins = [*_side("search", 1000), *_side("basket", 1180), _errs("store", 1190)]
    parts = [kin.key for part in split(sorted(kins), (), TRAVEL, SETTINGS) for kin in part.kins]
    assert sorted(kin.key for kin in kins) == sorted(parts)


def test_a_split_is_kept_until_an_alert_or_a_change_is_another() -> None:
    """The very same parts for equal alerts amid equal changes; else they are sought anew."""
    splits, kins = Splits(), sorted([*_side("search", 0), *_side("basket", 0)])
    origins = [_changed("search", -60), _changed("basket", -60)]
    apart = splits.of(kins, origins, TRAVEL, SETTINGS)
    assert splits.of(list(kins), list(origins), TRAVEL, SETTINGS) is apart
    assert [len(part.kins) for part in splits.of(kins, [], TRAVEL, SETTINGS)] == [len(kins)]
    assert splits.of(kins, origins, TRAVEL, SETTINGS) is apart
    ended = [kins[0]._replace(ended=at(600)), *kins[1:]]
    assert splits.of(ended, origins, TRAVEL, SETTINGS) == tuple(split(ended, origins, TRAVEL, SETTINGS))
