"""Completion in bash, zsh and fish: commands, options, and values out of the tables, harmless to the shell."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.commands_page import commands, options
from tests.cli.typed import typed
from tests.sinks.catalogued import catalogued
from tests.sinks.page.site import HOSTILE, fill, incident, short, store

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Settings that lead to tables with incidents and changes, some of them hostile."""
    folder = tmp_path_factory.mktemp("tables")
    address = f"sqlite:///{folder}/incidents.db"
    catalogued(address, 1_793_612_580_000_000)
    fill(address)
    store(address, [incident("shell", title="$(touch /tmp/x) `y` '\";", tenant="$(rm -rf x)")])
    file = folder / "settings.toml"
    file.write_text(f'[sink]\ndatabase = "{address}"\n')
    return str(file)


def _offered(line: str, shell: str = "bash", settings: str = "") -> list[str]:
    """What a shell would offer at the end of a line."""
    asked = {
        "_INCIDENTS_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        **({"INCIDENTS_SETTINGS": settings} if settings else {}),
    }
    said = typed(terminal=False, **asked)
    assert (0, "") == (said.code, said.err)
    if shell == "zsh":
        return re.findall(r'"([^":]+)"(?::"[^"]*")?', said.out)
    return [line.partition("\t")[0] for line in said.out.splitlines() if line]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_completed(name: str, shell: str) -> None:
    """After what stands before it, in each shell."""
    before, _, last = f"incidents {name}".rpartition(" ")
    assert last in _offered(f"{before} {last[:2]}", shell)
    known = {flag for option in options(commands()[name]) for flag in option.opts if flag.startswith("--")}
    assert known <= set(_offered(f"incidents {name} --", shell))


@pytest.mark.parametrize("shell", SHELLS)
def test_an_incident_is_completed_from_the_tables(shell: str, settings: str) -> None:
    """By its beginning; the second one of a merge, too."""
    name = short("one")
    assert {name, short("again"), short("gone")} <= set(_offered("incidents show ", shell, settings))
    assert [name] == _offered(f"incidents why {name[:6]}", shell, settings)
    assert [name] == _offered(f"incidents feedback merge {short('crew')} {name[:6]}", shell, settings)


def test_evidence_suspects_services_and_tenants_are_completed(settings: str) -> None:
    """Out of the incident that the line names; and the words that an option takes."""
    name = short("one")
    assert ["e1", "e2", "e3", "e4", "e5", "e6", "e7", "q1"] == _offered(
        f"incidents evidence {name} ", "bash", settings
    )
    assert ["1", "2", "3", "none"] == _offered(f"incidents feedback confirm {name} ", "bash", settings)
    assert ["fare-engine"] == _offered("incidents doctor --service f", "bash", settings)
    assert ["replay-demo"] == _offered(f"incidents show {name} --tenant r", "bash", settings)
    assert ["critical"] == _offered("incidents publish alert --severity c")
    assert ["process"] == _offered("incidents replay x --through p")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("words", ["show ", "doctor --service ", "show x --tenant "])
def test_nothing_that_others_have_written_reaches_the_shell(words: str, shell: str, settings: str) -> None:
    """Zsh evaluates what it is offered: only plain names are."""
    offered = " ".join(_offered(f"incidents {words}", shell, settings))
    assert offered.strip()
    assert not set("$`;<>\x1b\u202e") & set(offered)
    assert HOSTILE[:8] not in offered


def test_without_tables_nothing_is_offered_and_nothing_is_said(tmp_path: Path) -> None:
    """Whoever presses the key wants no error between the words."""
    for content in ('[sink]\ndatabase = "sqlite:////there/is/none.db"\n', "nonsense", "[kafka]\nx = 1\n"):
        (tmp_path / "settings.toml").write_text(content)
        assert [] == _offered("incidents show ", "bash", str(tmp_path / "settings.toml"))
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_takes_the_script(shell: str) -> None:
    """What `--show-completion` prints; run by the shell itself where that is here."""
    if shutil.which(shell) is None:
        shell = "bash"
    program = f"{sys.executable} -m cli.start --show-completion"
    script = subprocess.run([shell, "-c", f"{program}; :"], capture_output=True, text=True, check=True)
    assert "_INCIDENTS_COMPLETE=complete_" in script.stdout, script.stderr
    taken = subprocess.run([shell, "-c", script.stdout], capture_output=True, text=True, check=False)
    assert "error" not in taken.stderr
