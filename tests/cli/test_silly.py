"""What people type by mistake: one line that says what to do, the right exit code, and nothing is done."""

from pathlib import Path

import pytest

from tests.cli.typed import typed
from tests.sinks.page.site import fill, short

_KEYS = "incidents/audit/0+e452c45e+AUmib7BGVZg7MeTG7UwXmmWnSHeQrFoouhrxPwyNZjPI\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Settings that lead to tables with incidents."""
    folder = tmp_path_factory.mktemp("tables")
    fill(f"sqlite:///{folder}/incidents.db")
    (folder / "settings.toml").write_text(f'[sink]\ndatabase = "sqlite:///{folder}/incidents.db"\n')
    return str(folder / "settings.toml")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "e7"], 1, "that is a part of one; name the INC-..."),
        (["show", "P-KNI4DF"], 1, "that is a part of one"),
        (
            ["show", "{one}", "--tenant", "nope"],
            1,
            "no candidate of tenant 'nope' is named '{one}'; one of default is",
        ),
        (["evidence", "{one}", ""], 1, "it has e1 to"),
        (["doctor", "--service", ""], 1, "no service is called ''"),
        (["feedback", "close", "{one}", "", "--dry-run"], 2, "cause is empty: What it was"),
        (["feedback", "reject", "{one}", "", "--dry-run"], 2, "suspect is empty: Its rank in"),
        (["feedback", "update-sent", "{one}", "--dry-run", "--timeout", "-1"], 2, "--timeout takes seconds"),
    ],
)
def test_a_name_or_a_value_that_cannot_be_meant(
    words: list[str], code: int, said: str, settings: str
) -> None:
    """Of another kind, another tenant, or empty."""
    name = short("one")
    told = typed(*(word.format(one=name) for word in words), "--settings", settings)
    assert (code, "", 1) == (told.code, told.out, len(told.err.splitlines()))
    assert said.format(one=name) in told.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["list", "--home", "empty"],
            1,
            "no system was started in empty: `incidents up --home empty` starts one",
        ),
        (["list", "--settings", "binary"], 1, "the settings binary are no TOML: they are no text"),
        (["list", "--settings", "empty"], 1, "the settings empty cannot be read: Is a directory"),
        (["audit", "verify", "--export", "empty", "--key", "keys"], 1, "empty holds no export"),
        (["audit", "verify", "--export", "empty", "--key", "binary"], 1, "binary is no text"),
        (["demo", "--recording", "empty"], 1, "there is no empty/events.jsonl"),
        (["replay", "binary", "--export", "x"], 1, "binary, line 1: no JSON"),
        (["publish", "catalog", "--watch", "binary"], 2, "--watch takes a folder, and binary is none"),
        (["publish", "catalog", "--watch", "nowhere"], 2, "--watch takes a folder, and nowhere is none"),
        (["token", ""], 2, "name whoever holds the token"),
        (["token", "anna", "--tenant", " "], 2, "tenants that have a name"),
        (["topics", "create", "--bootstrap", "127.0.0.1:1"], 1, "no Kafka broker answers at 127.0.0.1:1"),
        (
            ["gateway", "--health-host", "nowhere.invalid", "--health-port", "8081"],
            1,
            "choose another --health-port",
        ),
    ],
)
def test_a_file_a_folder_or_an_address_that_is_another_one(
    words: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Binary, empty, missing, or not answering."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary").write_bytes(bytes(range(128, 256)))
    (tmp_path / "keys").write_text(_KEYS)
    monkeypatch.chdir(tmp_path)
    told = typed(*words)
    assert (code, "", 1) == (told.code, told.out, len(told.err.splitlines()))
    assert said in told.err


def test_the_version_is_told() -> None:
    """As with every other tool."""
    told = typed("--version")
    assert (0, "", True) == (told.code, told.err, told.out.startswith("incidents "))
