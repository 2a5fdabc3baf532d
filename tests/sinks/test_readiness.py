"""Facts of readiness in the tables, on SQLite and on Postgres: the catalog's versions, and what came by day."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from schemas.settings import TenantSettings
from schemas.times import DAY
from sinks.readiness import facts_of
from sinks.tables import open_database
from streams.readiness import Facts, judge
from streams.survey import Seen
from tests.sinks.catalogued import CATALOG, catalogued, entries, store_published
from tests.sinks.page.site import incident, store

NOW = incident("one").candidate.opened_at + DAY
TENANT = TenantSettings(name="default")


@pytest.fixture
def database(databases: Callable[[], str]) -> str:
    """A catalog with changes, in a database of each kind."""
    address = databases()
    catalogued(address, NOW)
    return address


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """That database, opened."""
    made = open_database(database)
    yield made
    made.dispose()


def _facts(engine: Engine, tenant: TenantSettings = TENANT) -> Facts:
    with engine.connect() as connection:
        return facts_of(connection, tenant, NOW - 30 * DAY, NOW)


def test_changes_that_took_effect_are_counted_by_day_in_the_tenants_own_words(engine: Engine) -> None:
    """Spellings should be resolved, a failed deploy be left out, and one without an environment have none."""
    day = (NOW - DAY) // DAY
    seen = {(one.kind, one.target): one for one in _facts(engine).seen}
    fine = Seen("deploy", "fare-engine", (), "service/fare-engine", "production", day, 1)
    assert fine == seen["deploy", "service/fare-engine"]
    assert "production" == seen["flag", "flag/season_prices"].environment
    assert ("deploy", "service/booking-api") not in seen
    assert [None] == [one.environment for one in seen.values() if "script" in one.target]


def test_alerts_come_from_incidents_and_lack_an_environment_where_it_is_said_so(
    engine: Engine, database: str
) -> None:
    """By the newest revision, whatever an earlier one knew and whatever names stand in it."""
    named = incident("crew", title='"unknowns":["no_environment"]', owner="no_environment")
    store(database, [incident("one", 1, unknowns=("no_environment",)), incident("one", 2), named])
    assert {"production"} == {one.environment for one in _facts(engine).seen if one.kind == "alert"}
    store(database, [incident("one", 3, unknowns=("no_owner", "no_environment"))])
    alerts = [one for one in _facts(engine).seen if one.kind == "alert"]
    assert {None, "production"} == {one.environment for one in alerts}
    assert 2 * 2 == sum(one.count for one in alerts)


def test_every_version_of_the_catalog_is_kept_with_the_moment_from_which_it_counts(
    engine: Engine, database: str
) -> None:
    """So that yesterday is judged by yesterday's; a version that is stored again changes nothing."""
    later = CATALOG.replace("owner: team-crew", "owner: team-fares")
    for _ in range(2):
        store_published(database, entries(later, NOW), NOW)
    facts = _facts(engine)
    owners = {}
    for at in (NOW - DAY, NOW):
        services = judge(facts, at, 30).services
        owners[at] = next(one.owner for one in services if one.service == "booking-api")
    assert {NOW - DAY: "team-crew", NOW: "team-fares"} == owners
    assert 6 == len(facts.entries)


def test_another_tenant_is_another_catalog(engine: Engine, database: str) -> None:
    """Nothing of the one should count for the other; a replay counts from the time that was recorded."""
    store_published(database, entries(CATALOG, 1000), 1000, "replay-one")
    facts = _facts(engine, TenantSettings(name="replay-one"))
    assert ((), {1000}) == (facts.seen, {version.since for version in facts.entries})
