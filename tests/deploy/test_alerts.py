"""The alert rules: Prometheus reads them, each fires when it should, names what exists, and has its runbook."""

import re
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from docs.metrics_page import names
from schemas.metrics import LimitName
from schemas.settings import Settings
from tests.prometheus import promtool

_ROOT = Path(__file__).resolve().parents[2]
_RULES = _ROOT / "deploy" / "alerts.yaml"
_METRIC = re.compile(r"\bincidents_[a-z_]+")
_SECTIONS = ("## Check", "## Do")


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(_RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_prometheus_reads_the_rules() -> None:
    """Its own checker should find nothing."""
    promtool("check", "rules", str(_RULES))


def test_each_rule_fires_when_it_should(tmp_path: Path) -> None:
    """Over made-up series each should fire after its time, and stay silent before."""
    told = Path(__file__).with_name("alerts_test.yaml")
    for file in (_RULES, told):
        shutil.copy(file, tmp_path)
    promtool("test", "rules", str(tmp_path / told.name))


def test_prometheus_of_compose_scrapes_every_process_and_loads_the_rules(tmp_path: Path) -> None:
    """Each process of ours should be a target on the port where compose has it answer."""
    services = yaml.safe_load((_ROOT / "compose.yaml").read_text())["services"]
    answers = {n: one for n, one in services.items() if "--health-host" in one.get("command", ())}
    answering = {f"{name}:8081": one for name, one in answers.items()}
    told = (_ROOT / "deploy" / "prometheus.yaml").read_text()
    [job] = yaml.safe_load(told)["scrape_configs"]
    optional = {f"{name}:{one['port']}" for one in job["dns_sd_configs"] for name in one["names"]}
    assert answering.keys() == {*job["static_configs"][0]["targets"], *optional}
    assert optional == {target for target, one in answering.items() if "profiles" in one}
    shutil.copy(_RULES, tmp_path)
    (tmp_path / "prometheus.yaml").write_text(told.replace("/etc/prometheus", str(tmp_path)))
    promtool("check", "config", str(tmp_path / "prometheus.yaml"))


def test_every_rule_is_tried() -> None:
    """A rule that is added should be among the made-up series; those of one metric may share a case."""
    tried = Path(__file__).with_name("alerts_test.yaml").read_text()
    for rule in _rules():
        assert set(_METRIC.findall(rule["expr"])) <= set(_METRIC.findall(tried)), rule["alert"]


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_a_rule_names_metrics_that_exist(rule: dict[str, Any]) -> None:
    """A metric that nobody declares would never fire, and nobody would know."""
    assert set(_METRIC.findall(rule["expr"])) <= set(names())


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_a_rule_has_its_runbook(rule: dict[str, Any]) -> None:
    """At 3 a.m. it should say what it means, what to check and what to do, about this very rule."""
    page = (_ROOT / rule["annotations"]["runbook"]).read_text()
    assert page.startswith(f"# {rule['alert']}\n")
    assert all(section in page for section in _SECTIONS)
    assert rule["expr"] in page
    assert rule["labels"]["severity"] in {"page", "ticket"}


@pytest.mark.parametrize("limit", get_args(LimitName))
def test_each_bound_is_explained_where_the_alert_sends_one(limit: str) -> None:
    """What it bounds, its default, its setting, and what happens beyond it."""
    page = (_ROOT / "docs" / "operations" / "IncidentsLimitHit.md").read_text()
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{limit}` |")]
    _, bounds, default, setting, beyond = (cell.strip() for cell in row.strip("|").split("|"))
    assert bounds
    assert beyond
    if setting != "none":
        section, name = setting.strip("`").split(".")
        value = getattr(getattr(Settings(), section), name)
        assert f"{int(value):,}" == default.split()[0]


def test_no_runbook_is_left_of_a_rule_that_is_gone() -> None:
    """Each page of that folder should be a rule's."""
    rules = {rule["alert"] for rule in _rules()}
    assert {page.stem for page in (_ROOT / "docs" / "operations").glob("Incidents*.md")} == rules
