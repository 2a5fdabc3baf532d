"""The commands that look around and ahead, as a responder types them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from cli import around
from tests.sinks.page.site import HOSTILE, fill, incident, short, store

_PATIENCE_S = 30


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Tables with the incidents of `fill`."""
    address = f"sqlite:///{tmp_path}/incidents.db"
    fill(address)
    (tmp_path / "settings.toml").write_text(f'[sink]\ndatabase = "{address}"\n')
    return address


def _ask(database: str, *words: str) -> Result:
    app = typer.Typer()
    around.register(app)
    settings = Path(database.removeprefix("sqlite:///")).with_name("settings.toml")
    return CliRunner().invoke(app, [*words, "--settings", str(settings)])


def _json(database: str, *words: str) -> Any:  # noqa: ANN401 - JSON
    answer = _ask(database, *words, "--json")
    assert 0 == answer.exit_code, answer.output
    return json.loads(answer.stdout)


def test_why_says_what_was_weighed_and_why_each_alert_belongs(database: str) -> None:
    """The ranked suspects, their features, and the rule of each member."""
    text = _ask(database, "why", short("one")).stdout
    for said in ("0.78  flag season-prices", "distance 1, lag 0.95", "it came first", "a dependency between"):
        assert said in text
    body = _json(database, "why", short("one"))
    assert ([1, 2, 3], 2) == ([each["rank"] for each in body["hypotheses"]], len(body["members"]))


def test_why_says_from_which_source_an_incident_was_split_off(tmp_path: Path) -> None:
    """The pair of sources, each with its incident, and how clear it is."""
    address = f"sqlite:///{tmp_path}/incidents.db"
    there, here = incident("there"), incident("here")
    source, told = there.candidate.members[0], here.candidate.members
    split = {"fingerprint": "f" * 16, "rule": "split", "linked_to": source.fingerprint, "score": 0.61}
    members = (told[0].model_copy(update=split),)
    candidate = here.candidate.model_copy(update={"members": members, "root_services": ("cart",)})
    store(address, [there, here.model_copy(update={"candidate": candidate})])
    (tmp_path / "settings.toml").write_text(f'[sink]\ndatabase = "{address}"\n')
    text = " ".join(_ask(address, "why", short("here")).stdout.split())
    others = f"{source.name} on {source.service} explains those of {short('there')} (0.61)"
    assert f"split by source: cart explains these alerts; {others}" in text
    [split_off] = _json(address, "why", short("here"))["split_off"]
    assert short("there") == split_off["short_id"]


def test_why_follows_what_was_merged(database: str) -> None:
    """An old name should lead to the incident that it is part of."""
    assert short("one") in _ask(database, "why", short("gone")).stdout


def test_changes_and_noise_of_replays_are_of_their_own_time(database: str) -> None:
    """What was recorded long ago is not of today."""
    assert "0 incidents" in _ask(database, "noise").stdout
    assert "1 incident from" in _ask(database, "noise", "--replays").stdout
    assert [] == _json(database, "changes")["changes"]
    assert 1 == _json(database, "noise", "--replays")["incidents"]


@pytest.mark.parametrize("words", [("why", short("hostile")), ("noise", "--days", "31"), ("changes",)])
def test_every_text_is_inert_and_80_columns_wide(database: str, words: tuple[str, ...]) -> None:
    """Whatever others have written."""
    text = _ask(database, *words).stdout
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert all(cell_len(line) <= 80 for line in text.splitlines())


def test_an_unknown_name_is_one_line_and_exit_code_1(database: str) -> None:
    """Honest to scripts, helpful to people."""
    answer = _ask(database, "why", "INC-NOSUCH")
    assert (1, "") == (answer.exit_code, answer.stdout)
    assert "no candidate is named 'INC-NOSUCH'" in answer.stderr


@contextmanager
def _watching(database: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    settings = Path(database.removeprefix("sqlite:///")).with_name("settings.toml")
    command = [sys.executable, "-m", "cli.start", "watch", "--settings", str(settings), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=_PATIENCE_S)


def test_watch_tells_what_is_open_and_then_what_becomes_of_it(database: str) -> None:
    """The open ones at once, then each new revision once; Ctrl-C ends it with the usual code."""
    with _watching(database, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "4 open now; watching until Ctrl-C" in process.stderr.readline()
        first = {json.loads(process.stdout.readline())["short_id"] for _ in range(4)}
        assert {short(name) for name in ("one", "crew", "abroad", "hostile")} == first
        store(database, [incident("one", 3, state="resolved")])
        told = json.loads(process.stdout.readline())
        assert (short("one"), 3, "resolved") == (told["short_id"], told["revision"]["number"], told["state"])
        process.send_signal(signal.SIGINT)
        assert 130 == process.wait(_PATIENCE_S)


def test_watch_shows_hostile_text_inert(database: str) -> None:
    """A line for people is as harmless as everywhere."""
    store(database, [incident("evil", title=HOSTILE)])
    with _watching(database) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
    assert any("<script>" in line for line in lines)
    assert not any("\x1b" in line or "\u202e" in line for line in lines)
