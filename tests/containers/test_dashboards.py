"""`docker compose --profile metrics up --wait`: a real Grafana has both dashboards, and answers each panel."""

import os
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from local.ports import free_ports
from tests.containers.composed import ROOT, Composed
from tests.containers.conftest import brought_up
from tests.deploy.grafana import FILES, read
from tests.engine import NO_IMAGE, has_image

pytestmark = pytest.mark.timeout(1500)  # the image may have to be built from nothing
_SECRET = secrets.token_hex(8)
_OTHERS = ("grafana", "prometheus")
_TARGETS = [
    pytest.param(target, id=f"{panel['title']} {target['refId']}")
    for file in FILES
    for panel in read(file)["panels"]
    for target in panel["targets"]
]


@pytest.fixture(scope="module")
def grafana(engine: None) -> Iterator[httpx.Client]:  # noqa: ARG001 - what it stands on
    """A Grafana beside the whole system, with an incident in its tables; its administrator asks."""
    images = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    named = [images[name]["image"].partition(":-")[2].removesuffix("}") for name in _OTHERS]
    if not all(map(has_image, named)):
        pytest.skip(NO_IMAGE)
    name, (port, page_port, *others) = f"incidents-grafana-{os.getpid()}", free_ports(4)
    variables = {
        "COMPOSE_PROFILES": "metrics",
        "GRAFANA_PASSWORD": _SECRET,
        **{f"{one.upper()}_PORT": str(free) for one, free in zip(_OTHERS, others, strict=True)},
    }
    with brought_up(Composed(name, port, page_port, f"{name}:local", variables)) as system:
        system.post_alert("checkout")
        system.packet_of("checkout")
        address = f"http://127.0.0.1:{variables['GRAFANA_PORT']}"
        with httpx.Client(base_url=address, auth=("admin", _SECRET), timeout=60) as client:
            yield client


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_is_provisioned(grafana: httpx.Client, file: object) -> None:
    """With every panel of the file, and not to be changed in the browser."""
    told = read(file)  # type: ignore[arg-type] # a path
    found = grafana.get(f"/api/dashboards/uid/{told['uid']}").json()
    assert found["meta"]["provisioned"]
    assert [one["title"] for one in told["panels"]] == [one["title"] for one in found["dashboard"]["panels"]]


@pytest.mark.parametrize("uid", ["incidents-postgres", "incidents-prometheus"])
def test_a_source_is_reached(grafana: httpx.Client, uid: str) -> None:
    """By the login and the address that were provisioned."""
    assert "OK" == grafana.get(f"/api/datasources/uid/{uid}/health").json()["status"]


@pytest.mark.parametrize("target", _TARGETS)
def test_a_panels_query_is_answered(grafana: httpx.Client, target: dict[str, Any]) -> None:
    """As the browser would send it: only the choice of tenants is put in there, all else by Grafana."""
    asked = {name: _chosen(value) for name, value in target.items()}
    query = {**asked, "intervalMs": 15_000, "maxDataPoints": 100}
    answer = grafana.post("/api/ds/query", json={"queries": [query], "from": "now-3h", "to": "now"})
    assert 200 == answer.status_code, answer.text
    assert "error" not in answer.json()["results"][target["refId"]], answer.text


def _chosen(value: object) -> object:
    return value.replace("${tenant:sqlstring}", "tenant") if isinstance(value, str) else value
