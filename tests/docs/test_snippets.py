"""The snippets on the pages: they are what their tools read, and name what exists here."""

import re
import tomllib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import yaml
from sqlalchemy import create_engine, text

from schemas.settings import Settings
from schemas.topics import TOPICS
from sinks.tables import METADATA
from sources.catalogue import FORMATS
from sources.intake import take
from tests.docs.pages import PAGES, README, blocks, of_language

_AT = 1_795_000_000_000_000
_ROUTE = re.compile(r"/v1/([a-z][a-z-]*)")
_OTHER_V1 = frozenset({"tick", "feedback"})
"""What is under /v1 and takes no deliveries."""
_READERS: dict[str, Callable[[str], Any]] = {
    "yaml": yaml.safe_load,
    "json": orjson.loads,
    "toml": tomllib.loads,
}
_YAML, _JSON = of_language("yaml", "yml"), of_language("json")
_TOML, _PYTHON = of_language("toml"), of_language("python")


def _only(language: str, sign: str) -> Any:  # noqa: ANN401 - whatever the snippet holds
    """The one snippet of the README in a language that contains a sign, read."""
    (block,) = (each for each in blocks(README) if each.language == language and sign in each.code)
    return _READERS[language](block.code)


@pytest.mark.parametrize("name", _YAML)
def test_yaml_on_a_page_can_be_read(name: str) -> None:
    """A snippet that is copied should at least be YAML."""
    assert list(yaml.safe_load_all(_YAML[name].code))


@pytest.mark.parametrize("name", _JSON)
def test_json_on_a_page_can_be_read(name: str) -> None:
    """A snippet that is copied should at least be JSON."""
    assert orjson.loads(_JSON[name].code)


@pytest.mark.parametrize("name", _TOML)
def test_toml_on_a_page_is_a_settings_file(name: str) -> None:
    """Every name and value in it should be a setting."""
    Settings.model_validate(tomllib.loads(_TOML[name].code))


@pytest.mark.parametrize("name", _PYTHON)
def test_python_on_a_page_can_be_compiled(name: str) -> None:
    """A program that is copied should at least be Python."""
    compile(_PYTHON[name].code, name, "exec")


@pytest.mark.parametrize("page", PAGES)
def test_an_address_of_the_gateway_on_a_page_is_a_route(page: str) -> None:
    """What a sender is pointed at should take its deliveries."""
    assert set(_ROUTE.findall(PAGES[page].read_text("utf-8"))) <= FORMATS.keys() | _OTHER_V1


def test_alertmanager_tells_us_and_still_everybody_else() -> None:
    """The first route of the snippet should lead to its webhook and go on, and what follows should take every alert.

    Where any route below the top one takes an alert, the top one's receiver is not told.
    """
    config = _only("yaml", "webhook_configs")
    ours, *others = config["route"]["routes"]
    hooks = {receiver["name"]: receiver.get("webhook_configs") for receiver in config["receivers"]}
    assert hooks[ours["receiver"]][0]["url"].endswith("/v1/alertmanager")
    assert hooks[ours["receiver"]][0]["send_resolved"] is True
    assert ours["continue"] is True
    assert [{"receiver": config["route"]["receiver"]}] == others
    assert config["route"]["receiver"] in hooks


def test_github_sends_the_event_that_is_read() -> None:
    """The webhook of the snippet should send JSON, and the one event that the adapter reads."""
    hook = _only("json", "deployment_status")
    assert hook["events"] == ["deployment_status"]
    assert hook["config"]["content_type"] == "json"
    assert hook["config"]["url"].endswith("/v1/github")


def test_flagds_event_is_one_flag_change() -> None:
    """The event of the snippet should be understood as it stands."""
    intake = take("flagd", _only("json", "dev.flagd.flags.changed"), {}, _AT, "default")
    assert [one.record.topic for one in intake.published] == ["flags"]
    assert not intake.rejected


def test_the_catalog_is_one_entry_with_owner_dependencies_and_runbook() -> None:
    """The file of the snippet should be understood as it stands."""
    (block,) = (each for each in blocks(README) if "backstage.io/v1alpha1" in each.code)
    intake = take("catalog", block.code, {}, _AT, "default")
    assert [one.name for one in intake.published] == ["component:default/checkout"]
    assert not intake.rejected


def test_the_api_server_is_pointed_at_the_gateway() -> None:
    """The kubeconfig of the snippet should have a context that leads to the audit route."""
    config, policy = _only("yaml", "current-context"), _only("yaml", "audit.k8s.io/v1")
    (context,) = (each for each in config["contexts"] if each["name"] == config["current-context"])
    (cluster,) = (each for each in config["clusters"] if each["name"] == context["context"]["cluster"])
    assert cluster["cluster"]["server"].endswith("/v1/kubernetes-audit")
    levels = {rule["level"] for rule in policy["rules"] if "secrets" in str(rule.get("resources"))}
    assert {"Metadata"} == levels


def test_the_settings_tie_a_namespace_to_its_environment() -> None:
    """The environment of the snippet should be what the setting makes of the namespace."""
    tenant = Settings.model_validate(_only("toml", "[tenants.environments]")).tenant("default")
    assert tenant is not None
    assert tenant.environments["shop"] == "production"


def test_the_program_reads_topics_that_there_are() -> None:
    """The consumer of the README should subscribe to topics of the catalogue."""
    (block,) = (each for each in blocks(README) if each.language == "python")
    named = re.findall(r"subscribe\(\[(.*?)\]\)", block.code)
    assert named
    assert {name.strip("\"' ") for name in ",".join(named).split(",")} <= TOPICS.keys()


def test_the_queries_run_on_the_tables() -> None:
    """Every statement of the README should be understood by a database with our tables."""
    (block,) = (each for each in blocks(README) if each.language == "sql")
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    statements = [statement for statement in block.code.split(";") if statement.strip()]
    with engine.connect() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).fetchall() == []
    engine.dispose()
    assert len(statements) > 1


def test_every_table_is_named() -> None:
    """The README's list of tables should be whole."""
    page = README.read_text("utf-8")
    missing = [name for name in METADATA.tables if f"`{name}`" not in page]
    assert [] == missing
