"""How a command ends in a shell: nobody reads on, the disk is full, Ctrl-C, a prompt without an answer."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sinks.page.site import fill, short

_PATIENCE_S = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings that lead to tables with incidents."""
    folder = tmp_path_factory.mktemp("tables")
    fill(f"sqlite:///{folder}/incidents.db")
    (folder / "settings.toml").write_text(f'[sink]\ndatabase = "sqlite:///{folder}/incidents.db"\n')
    return folder


def _shell(line: str, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What bash says of a line in which $I is the command."""
    program = f"{sys.executable} -P -m cli.start"
    told = {**os.environ, "I": program, "INCIDENTS_SETTINGS": str(home / "settings.toml"), **environment}
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {line}"],
        capture_output=True,
        text=True,
        env=told,
        timeout=_PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("words", ["list", "list --json", "show {}", "postmortem {}", "noise"])
def test_whoever_has_read_enough_ends_the_command_quietly(words: str, home: Path) -> None:
    """`| head -1` is no problem, and nothing is said about it; 0 where all had been written before, else 141."""
    ended = _shell(f"$I {words.format(short('one'))} | head -1 | cut -c1-5", home)
    assert ended.returncode in {0, 141}
    assert 1 == len(ended.stdout.splitlines())
    assert "" == ended.stderr


def test_a_full_disk_is_one_line_and_exit_code_1(home: Path) -> None:
    """Nobody may take a cut result for a whole one."""
    ended = _shell(f"$I show {short('one')} > /dev/full", home)
    assert (1, 1) == (ended.returncode, len(ended.stderr.splitlines()))
    assert "No space left on device" in ended.stderr


def test_a_terminal_that_knows_few_letters_is_shown_what_it_can_show(home: Path) -> None:
    """What it cannot show is a question mark, and JSON is UTF-8 all the same."""
    few = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ended = _shell("$I list && $I list --json", home, **few)
    assert (0, "") == (ended.returncode, ended.stderr)


def test_no_answer_where_a_password_is_asked_for_is_wrong_use(home: Path) -> None:
    """A job has nobody who could type it."""
    ended = _shell("setsid $I tables reader < /dev/null", home)
    assert 2 == ended.returncode
    assert "error: nothing was typed where something was asked for" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_ctrl_c_at_the_prompt_of_a_password_is_130() -> None:
    """And no traceback on the terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cli.start", "tables", "reader"]
    asking = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    said = b""
    while b"assword" not in said:
        said += os.read(ours, 4_096)
    asking.send_signal(signal.SIGINT)
    assert 130 == asking.wait(_PATIENCE_S)
    os.close(ours)
    assert b"Traceback" not in said


def test_no_colour_where_none_is_wanted(home: Path) -> None:
    """NO_COLOR, a terminal that can do nothing, and no terminal at all."""
    line = f'script -qec "$I show {short("one")}" /dev/null'
    coloured = _shell(line, home, TERM="xterm-256color", NO_COLOR="")
    assert "\x1b[1m" in coloured.stdout
    for none in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in _shell(line, home, **{"TERM": "xterm-256color", **none}).stdout
    assert "\x1b" not in _shell(f"$I show {short('one')}", home, FORCE_COLOR="1").stdout
