"""Owns what the page's tests stand on: a broker, and a page over filled tables, for the module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from docs.browser import chromium, program
from schemas.settings import KafkaSettings
from tests.brokers import laid_out
from tests.sinks.page.browser import MISSING
from tests.sinks.page.site import Site, fill, running, settings_for


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker with every topic, for all tests of the page."""
    with laid_out(tmp_path_factory.mktemp("page-kafka"), 1) as settings:
        yield settings


@pytest.fixture(scope="module")
def site(audited: KafkaSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page over the incidents of `fill`, for the module."""
    database = f"sqlite:///{tmp_path_factory.mktemp('page')}/incidents.db"
    fill(database)
    with running(settings_for(audited, database)) as there:
        yield there


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, for the module: while it runs, its event loop is that of this thread."""
    path = program()
    if path is None:
        pytest.skip(MISSING)
    with chromium(path) as found:
        yield found
