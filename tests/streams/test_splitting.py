"""One source or two: what alerts at one time must cost, save and be before they are parted."""

from collections.abc import Sequence

from schemas.settings import Settings
from streams.kinship import Kin, kin_of
from streams.splitting import FEWEST, Origin, split
from streams.travel import Travel
from tests.streams.pieces import alert_state, topology
from tests.streams.world import alert, at, entity

SETTINGS = Settings().correlation
_PAGES = 6
_GRAPH = topology(
    entity("store"),
    *(entity(what, "store") for what in ("search", "basket")),
    *(entity(f"{what}-page-{n}", what) for what in ("search", "basket") for n in range(_PAGES)),
)
TRAVEL = Travel(_GRAPH)


def _errs(service: str, start: float) -> Kin:
    return kin_of(alert_state(alert(service, start=start)), service, None)


def _side(what: str, start: float) -> list[Kin]:
    """A service and the pages that call it, all at once."""
    return [_errs(name, start) for name in (what, *(f"{what}-page-{n}" for n in range(_PAGES)))]


def _parted(kins: Sequence[Kin], *origins: Origin) -> list[set[str | None]]:
    return [{kin.service for kin in part} for part in split(sorted(kins), origins, TRAVEL, SETTINGS)]


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


def test_fewer_alerts_than_two_sources_need_are_never_parted() -> None:
    """Two for each source."""
    few = [_errs("search", 1000), _errs("search-page-0", 1000), _errs("basket", 2000)]
    assert len(few) < FEWEST
    assert 1 == len(_parted(few, _changed("search", 960), _changed("basket", 1960)))


def test_every_alert_is_in_one_part() -> None:
    """None is lost in the dealing."""
    kins = [*_side("search", 1000), *_side("basket", 1180), _errs("store", 1190)]
    parts = [kin.key for part in split(sorted(kins), (), TRAVEL, SETTINGS) for kin in part]
    assert sorted(kin.key for kin in kins) == sorted(parts)
