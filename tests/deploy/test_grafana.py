"""The dashboards: what they ask is provisioned, Postgres and Prometheus understand it, the reader's login suffices."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from docs.metrics_page import names
from sinks.database import opened
from sinks.reader_role import make_reader
from sinks.schema import migrate
from tests.deploy.grafana import FILES, GRAFANA, ROOT, as_promql, as_sql, asked, check_promql, read
from tests.postgres import databases_on, execute
from tests.sinks.measured import Story

_SQL, _PROMQL = list(asked("rawSql")), list(asked("expr"))
_READER, _PASSWORD = "dashboards of a test", "known to the tests alone"
_ALL, _ONE = "tenant", "'default'"
_METRIC = re.compile(r"\bincidents_[a-z_]+")


@pytest.fixture(scope="module")
def reader(postgres: str) -> Iterator[Connection]:
    """The login of dashboards, on a database with two incidents of which people have spoken."""
    with databases_on(postgres) as make:
        address = make()
        engine = opened(address)
        migrate(engine)
        make_reader(engine, _READER, _PASSWORD)
        story = Story(engine)
        story.incident("c-1", packet=3)
        story.incident("c-2", packet=5, repeats=2)
        story.alert("c-1", "a-1")
        for said in ("misroute", "split", "false_page", "update_sent"):
            story.said("c-1", said)
        engine.dispose()
        url = make_url(address).set(drivername="postgresql+psycopg", username=_READER, password=_PASSWORD)
        reading = create_engine(url, isolation_level="AUTOCOMMIT")
        with reading.connect() as connection:
            yield connection
        reading.dispose()
    execute(postgres, f'DROP ROLE IF EXISTS "{_READER}"', "DROP ROLE IF EXISTS incidents_reader")


def _one(reader: Connection, title: str) -> object:
    [query] = [query for panel, query in _SQL if panel == title]
    return reader.execute(text(as_sql(query, _ALL))).scalar_one()


def test_names_are_unique() -> None:
    """Grafana should take one dashboard for no other, nor one panel."""
    pages = [read(file) for file in FILES]
    assert 2 == len({page["uid"] for page in pages}) == len({page["title"] for page in pages})
    for page in pages:
        panels = page["panels"]
        assert len(panels) == len({panel["id"] for panel in panels})
        assert len(panels) == len({panel["title"] for panel in panels})


def test_no_panel_lies_on_another() -> None:
    """Each place of the grid should be of one panel at most, within its 24 columns."""
    for page in map(read, FILES):
        places = [
            (x, y)
            for at in (panel["gridPos"] for panel in page["panels"])
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        assert len(places) == len(set(places))
        assert 24 > max(x for x, _ in places)


def test_every_source_is_provisioned() -> None:
    """What panels, queries and choices name should be in datasources.yaml, with the same type."""
    told = yaml.safe_load((GRAFANA / "datasources.yaml").read_text())["datasources"]
    there = {(one["type"], one["uid"]) for one in told}
    for page in map(read, FILES):
        parts = [*page["panels"], *(t for panel in page["panels"] for t in panel["targets"])]
        for part in (*parts, *page["templating"]["list"]):
            assert (part["datasource"]["type"], part["datasource"]["uid"]) in there


def test_compose_hands_grafana_what_the_files_expect() -> None:
    """Files, folder, login and addresses should be those that Grafana's container has."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    grafana, login = services["grafana"], services["dashboard-login"]
    mounted = dict(each.removesuffix(":ro").split(":") for each in grafana["volumes"])
    assert all((ROOT / source).exists() for source in mounted if source.startswith("./"))
    [provider] = yaml.safe_load((GRAFANA / "dashboards.yaml").read_text())["providers"]
    assert mounted["./deploy/grafana/dashboards"] == provider["options"]["path"]
    by_type = {
        one["type"]: one for one in yaml.safe_load((GRAFANA / "datasources.yaml").read_text())["datasources"]
    }
    tables = by_type["grafana-postgresql-datasource"]
    assert tables["user"] == login["command"][login["command"].index("--name") + 1]
    variable = tables["secureJsonData"]["password"].removeprefix("$")
    assert grafana["environment"][variable] == login["environment"][variable]
    assert {"postgres", "prometheus"} <= services.keys()
    assert {"metrics"} == {*grafana["profiles"], *login["profiles"], *services["prometheus"]["profiles"]}


@pytest.mark.parametrize("tenants", [_ALL, _ONE])
@pytest.mark.parametrize("query", [query for _, query in _SQL], ids=[title for title, _ in _SQL])
def test_the_reader_may_ask_what_a_panel_asks(reader: Connection, query: str, tenants: str) -> None:
    """Each should run on the real views by the login that reads nothing else, for all tenants and for one."""
    found = reader.execute(text(as_sql(query, tenants)))
    assert "$" not in as_sql(query, tenants)
    assert len(found.keys()) == len(set(found.keys()))


def test_the_numbers_are_those_of_the_views(reader: Connection) -> None:
    """Of two incidents with packets after 2 and 4 s, one was a false page and was split; four notifications."""
    assert 2.0 == pytest.approx(_one(reader, "Time to context, median"))
    assert 4.0 == pytest.approx(_one(reader, "Time to context, 90 %"))
    assert 59.0 == pytest.approx(_one(reader, "Time to first update, median"))
    assert 0.5 == _one(reader, "Dedupe ratio")
    assert 1 == _one(reader, "Over-merge reports")
    assert 0.5 == _one(reader, "False pages")


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    """Its own checker should parse each."""
    check_promql([as_promql(query) for _, query in _PROMQL], tmp_path)


@pytest.mark.parametrize("query", [query for _, query in _PROMQL])
def test_a_query_names_metrics_that_exist(query: str) -> None:
    """A metric that nobody declares would be an empty panel for ever."""
    assert set(_METRIC.findall(query)) <= set(names())
    assert "$" not in as_promql(query)
