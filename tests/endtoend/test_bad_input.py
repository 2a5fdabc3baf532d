"""What goes wrong at a start is one clear line that says what to do, and an exit code that is not 0."""

import subprocess
import sys
from pathlib import Path

import pytest

PROCESSES = ("gateway", "worker", "auditor", "sink", "web")
_PATIENCE_S = 60.0


def _start(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cli.start", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """The exit code, and the lines on standard error that are no log lines for programs."""
    _, told = process.communicate(timeout=_PATIENCE_S)
    return process.returncode, [
        line for line in told.splitlines() if line.strip() and not line.startswith("{")
    ]


def test_no_process_starts_without_a_broker_and_each_says_where_it_looked(tmp_path: Path) -> None:
    """One line each, naming the address and the setting, within the time that a person waits."""
    settings = tmp_path / "settings.toml"
    database = tmp_path / "incidents.db"
    settings.write_text(
        f'[kafka]\nbootstrap = "127.0.0.1:9"\n[gateway]\nport = 0\n[page]\nport = 0\n[sink]\ndatabase = "sqlite:///{database}"\n'
    )
    started = {name: _start(name, "--settings", str(settings)) for name in PROCESSES}
    for name, process in started.items():
        code, lines = _ended(process)
        assert (name, 1, 1) == (name, code, len(lines)), lines
        assert "no Kafka broker answers at 127.0.0.1:9" in lines[0]
        assert "kafka.bootstrap" in lines[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[kafka]\nbootstrap = 5\n", "wrong value at kafka.bootstrap"),
        ("[kafka]\npartition = 5\n", "kafka.partition"),
        ("x = [", "are no TOML"),
        ("tenants = []\n", "there is no tenant"),
        ('[[tenants]]\nname = "shop"\n[[tenants]]\nname = "shop"\n', "shop is declared twice"),
        ('[[tenants]]\nname = "shop"\nsigning_secrets = {github = ["x"]}\n', "signing_secrets.github.0"),
    ],
    ids=["a wrong value", "an unknown name", "no TOML", "no tenant", "a tenant twice", "a secret too short"],
)
def test_settings_that_cannot_be_used_are_one_line_that_names_the_place(
    content: str, told: str, tmp_path: Path
) -> None:
    """The file and the place in it should be named."""
    settings = tmp_path / "settings.toml"
    settings.write_text(content)
    code, lines = _ended(_start("sink", "--settings", str(settings)))
    assert (1, 1) == (code, len(lines)), lines
    assert f"{settings}" in lines[0]
    assert told in lines[0]


@pytest.mark.parametrize(
    "words", [("sink", "--settings", "/there/is/none.toml"), ("sink", "--colour", "red"), ("sinc",)]
)
def test_a_wrong_word_or_a_missing_file_is_wrong_use(words: tuple[str, ...]) -> None:
    """Exit code 2, and what is wrong on standard error."""
    code, lines = _ended(_start(*words))
    assert code == 2
    assert any(words[-1] in line or "--colour" in line for line in lines)


def test_a_local_system_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    """Status ends with 1; a replay through it says how to start one."""
    code, _ = _ended(_start("status", "--home", str(tmp_path / "none")))
    assert code == 1
    code, lines = _ended(
        _start(
            "replay",
            "examples/checkout",
            "--export",
            str(tmp_path / "x"),
            "--through",
            "kafka",
            "--home",
            str(tmp_path),
        )
    )
    assert (1, 1) == (code, len(lines)), lines
    assert "incidents up --detach" in lines[0]
