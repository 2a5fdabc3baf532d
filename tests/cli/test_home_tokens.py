"""Tokens: a local system makes its own, keeps them to its owner, and `incidents token` makes one for anybody else."""

import json
import tomllib
from pathlib import Path

import typer
from typer.testing import CliRunner

from cli import token
from cli.home_tokens import PAGE, REPLAY, login_link, token_of, with_tokens
from local.home import home_of
from schemas.page_settings import PageSettings
from schemas.settings import Settings
from sinks.page.access import by_token


def test_a_local_system_lets_its_owner_in_and_nobody_else_knows_how(tmp_path: Path) -> None:
    """Its token should be its own, the same after a restart, and readable by its owner alone."""
    homes = [home_of(tmp_path / name) for name in ("one", "two")]
    told = [with_tokens(Settings(), home) for home in homes]
    tokens = [token_of(home, PAGE) for home in homes]
    assert len({*tokens, token_of(homes[0], REPLAY)}) == 3
    assert "local" == by_token(tokens[0], told[0].page).actor
    assert told[0] == with_tokens(Settings(), homes[0])
    assert 0o600 == (homes[0].folder / PAGE).stat().st_mode & 0o777


def test_the_link_logs_in_and_leads_on(tmp_path: Path) -> None:
    """The token behind the sign that browsers send to nobody; the address that is asked for, quoted."""
    home = home_of(tmp_path)
    with_tokens(Settings(), home)
    link = login_link(home, "http://127.0.0.1:1", "/incidents/INC-A?tenant=replay-demo")
    asked = "http://127.0.0.1:1/login?next=/incidents/INC-A%3Ftenant%3Dreplay-demo"
    assert f"{asked}#{token_of(home, PAGE)}" == link


def test_where_the_settings_name_readers_there_is_no_token_of_our_own(tmp_path: Path) -> None:
    """A token from before should not be left, and the link is the page alone."""
    home = home_of(tmp_path)
    readers = with_tokens(Settings(), home).page.readers
    with_tokens(Settings(page=PageSettings(readers=readers)), home)
    assert "http://127.0.0.1:1" == login_link(home, "http://127.0.0.1:1")


def _ask(*words: str) -> str:
    app = typer.Typer()
    token.register(app)
    done = CliRunner().invoke(app, [*words])
    assert 0 == done.exit_code, done.output
    return done.stdout


def test_a_made_token_lets_its_holder_in_once_its_lines_are_in_the_settings() -> None:
    """What is printed should be usable as it is, and another one each time."""
    printed = _ask("rosa", "--tenant", "default", "--tenant", "replay-*")
    settings = Settings.model_validate(tomllib.loads(printed))
    reader = by_token(printed.splitlines()[1].removeprefix("# "), settings.page)
    assert ("rosa", ("default", "replay-*")) == (reader.actor, reader.rights[0].tenants)
    assert json.loads(_ask("rosa", "--json"))["token"] not in printed
