"""A real Prometheus and a real Alertmanager, set up by what the pages say: the alert is on the page within 2 s."""

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
import pytest
import yaml
from playwright.sync_api import Page

from cli.home_tokens import login_link
from docs.browser import chromium
from docs.browser import program as browser
from local.home import Home
from local.ports import free_ports
from tests.docs.pages import PAGES, blocks
from tests.endtoend.whole import Whole
from tests.facts import eventually
from tests.sinks.page.browser import MISSING as NO_BROWSER

MISSING: Final = "Prometheus is missing"
_TOLD: Final = ("http://127.0.0.1:8080", "<gateway>")
"""How the pages write the gateway's address."""
_WITHIN_S: Final = 2.0
_READY_S: Final = 60.0
_FIRST_S, _APART_S = 8, 4
_SEEN_MS: Final = 30_000.0


def snippet(page: str) -> str:
    """The configuration of Alertmanager on a page."""
    (block,) = (each for each in blocks(PAGES[page]) if "webhook_configs" in each.code)
    return block.code


def is_ready(url: str) -> bool:
    """Whether a server of Prometheus' kind answers and is ready."""
    try:
        return httpx.get(f"{url}/-/ready").is_success
    except httpx.TransportError:
        return False


@contextmanager
def running(command: Sequence[str], url: str, folder: Path) -> Iterator[None]:
    """A server for as long as the block, ready when it says so."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        eventually(lambda: is_ready(url), _READY_S, f"{command[0]} is ready ({folder}/log)")
        yield
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def alertmanager(config: str, folder: Path) -> Iterator[str]:
    """The address of an Alertmanager with this configuration, alone, its state in the folder."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    (folder / "alertmanager.yml").write_text(config, "utf-8")
    options = {"config.file": folder / "alertmanager.yml", "storage.path": folder / "state"}
    where = {"web.listen-address": f"127.0.0.1:{port}", "cluster.listen-address": ""}
    flags = [f"--{name}={value}" for name, value in {**options, **where}.items()]
    with running(["prometheus-alertmanager", *flags], url, folder):
        yield url


@contextmanager
def prometheus(manager: str, services: dict[str, int], folder: Path) -> Iterator[str]:
    """The address of a Prometheus in which an alert of each service fires from its moment on, in seconds since 1970."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    rules = [
        {
            "alert": "ErrorsHigh",
            "expr": f"vector(time()) >= {moment}",
            "labels": {"service": service, "severity": "critical", "environment": "pointed"},
            "annotations": {"summary": f"{service} fails {{{{ $value }}}}"},
        }
        for service, moment in services.items()
    ]
    target = {"static_configs": [{"targets": [manager.removeprefix("http://")]}]}
    config = {
        "global": {"evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [target]},
    }
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "shop", "rules": rules}]}))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    options = {"config.file": folder / "prometheus.yml", "storage.tsdb.path": folder / "data"}
    flags = [
        f"--{name}={value}" for name, value in {**options, "web.listen-address": f"127.0.0.1:{port}"}.items()
    ]
    with running(["prometheus", *flags], url, folder):
        yield url


def fired_at(prometheus_url: str, service: str) -> float:
    """When the alert of a service began to fire, by Prometheus, in seconds since 1970."""
    alerts = httpx.get(f"{prometheus_url}/api/v1/alerts").json()["data"]["alerts"]
    (text,) = (one["activeAt"] for one in alerts if one["labels"]["service"] == service)
    return datetime.fromisoformat(text[:19] + "+00:00").timestamp() + float(f"0.{text[20:].rstrip('Z')}")


@contextmanager
def opened(whole: Whole) -> Iterator[Page]:
    """The page of incidents in a real browser, opened once; from then on it is told what is new."""
    path = browser()
    if path is None:
        pytest.skip(NO_BROWSER)
    with chromium(path) as started:
        page = started.new_page()
        page.goto(login_link(Home(whole.home), whole.status.page))
        page.wait_for_url(f"{whole.status.page}/")
        yield page


def seen_at(page: Page, services: Iterable[str]) -> list[float]:
    """When the alert of each service stood on the page, in seconds since 1970."""
    moments = []
    for service in services:
        page.get_by_text(f"{service} failing").first.wait_for(timeout=_SEEN_MS)
        moments.append(time.time())
    return moments


@pytest.mark.parametrize("name", ["README.md", "docs/sources.md"])
def test_an_alert_of_a_real_alertmanager_is_on_the_page_within_two_seconds(
    name: str, whole: Whole, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """From the rule that fires in Prometheus to the text on a page that is open: the median of three."""
    if shutil.which("prometheus-alertmanager") is None or shutil.which("prometheus") is None:
        pytest.skip(MISSING)
    config = snippet(name)
    for address in _TOLD:
        config = config.replace(address, whole.status.gateway)
    (tmp_path / "am").mkdir()
    with opened(whole) as page, alertmanager(config, tmp_path / "am") as manager:
        begin = int(time.time()) + _FIRST_S
        stem = name.partition(".")[0].rpartition("/")[2].lower()
        services = {f"pointed-{stem}-{number}": begin + number * _APART_S for number in range(3)}
        with prometheus(manager, services, tmp_path) as source:
            seen = seen_at(page, services)
            took = [at - fired_at(source, service) for at, service in zip(seen, services, strict=True)]
    record_property("seconds", took)
    assert statistics.median(took) < _WITHIN_S, took
