"""`incidents doctor`: what is missing, how to mend it, and an exit code that a job can act on."""

import json
import time
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from cli import doctor
from schemas.times import DAY
from tests.sinks.catalogued import CATALOG, catalogued, change, entries, store_published
from tests.sinks.page.site import HOSTILE


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Tables with a catalog and changes that have some gaps."""
    address = f"sqlite:///{tmp_path}/incidents.db"
    catalogued(address, time.time_ns() // 1000)
    (tmp_path / "settings.toml").write_text(f'[sink]\ndatabase = "{address}"\n')
    return address


def _ask(database: str, *words: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    doctor.register(app)
    settings = Path(database.removeprefix("sqlite:///")).with_name("settings.toml")
    return CliRunner().invoke(app, ["doctor", *words, "--settings", str(settings)])


def test_it_says_what_is_missing_and_how_to_mend_it(database: str) -> None:
    """The criteria, the tenant, then the services, the least ready first; 3 says that something is missing."""
    answer = _ask(database)
    assert 3 == answer.exit_code, answer.output
    said = (
        "WHAT LEADS OUT OF LEVEL 0",
        "No config change seen in 30 days",
        "team-crew has no rota.",
        "incidents publish deploy --service booking-api --environment production",
        "by day",
    )
    assert [] == [each for each in said if each not in answer.stdout]
    assert (
        answer.stdout.index("evil")
        < answer.stdout.index("of 100  booking-api")
        < answer.stdout.index("fare-engine")
    )


def test_hostile_names_are_inert_and_texts_fit_a_terminal(database: str) -> None:
    """No escape sequence should reach the terminal; only what is to be copied may be longer than a line."""
    text = _ask(database, "--all").stdout
    assert not set(HOSTILE) & set("\x1b\u202e") & set(text)
    assert [] == [
        line for line in text.splitlines() if cell_len(line) > 80 and not line.startswith("       ")
    ]


def test_json_says_the_same_for_programs(database: str) -> None:
    """Scores, checks with code and mending, and the score of each day since something was known."""
    answer = _ask(database, "--json")
    body = json.loads(answer.stdout)
    assert (3, False) == (answer.exit_code, body["ready"])
    assert body["score"] == body["score_over_time"][-1]["score"]
    assert 3 == len(body["score_over_time"])
    crew = next(one for one in body["services"] if one["service"] == "booking-api")
    assert {"on_call", "deploys", "runbook"} == {one["code"] for one in crew["checks"] if not one["passed"]}


def test_one_service_is_judged_by_itself(database: str) -> None:
    """All of its checks are shown; an unknown one is told, and the exit code is about it alone."""
    answer = _ask(database, "--service", "Booking-API")
    assert 3 == answer.exit_code
    assert "ok The catalog has it as component:default/booking-api." in answer.stdout
    assert "LEVEL 0" not in answer.stdout
    missing = _ask(database, "--service", "nobody")
    assert (
        1,
        "error: no service is called 'nobody': neither the catalog nor an alert nor a deploy names it\n",
    ) == (
        missing.exit_code,
        missing.stderr,
    )


def test_a_score_may_be_asked_for(database: str) -> None:
    """A job may set its own mark."""
    score = json.loads(_ask(database, "--json").stdout)["score"]
    assert [0, 3] == [_ask(database, "--at-least", str(mark)).exit_code for mark in (score, score + 1)]


def test_nothing_missing_ends_with_zero(tmp_path: Path) -> None:
    """Once each criterion is met."""
    address, now = f"sqlite:///{tmp_path}/incidents.db", time.time_ns() // 1000
    (tmp_path / "settings.toml").write_text(f'[sink]\ndatabase = "{address}"\n')
    owned = CATALOG.replace("team-crew", "team-fares")
    kinds: tuple[tuple[str, dict[str, str]], ...] = (
        ("deploys", {}),
        ("flags", {"target": "flag/season_prices"}),
        ("configs", {"target": "config/x//y"}),
    )
    changes = [
        change(topic, f"{topic}-{name}", now - DAY, service=name, environment="production", **more)
        for topic, more in kinds
        for name in ("fare-engine", "booking-api")
    ]
    store_published(address, [*entries(owned, now - DAY), *changes], now)
    answer = _ask(address)
    assert (0, True) == (answer.exit_code, "Level 0 is left" in answer.stdout), answer.output


def test_an_unknown_tenant_is_told_with_those_that_there_are(database: str) -> None:
    """One line, and 1."""
    answer = _ask(database, "--tenant", "shop")
    assert (1, "error: tenant shop is not declared; there are default\n") == (answer.exit_code, answer.stderr)
