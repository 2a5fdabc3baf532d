"""The program imports the part that was asked for and no other, and no command is lost by that."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer

from cli.main import PARTS, command
from tests.cli.typed import typed

_LOADED = """
import sys
from cli.main import PARTS, command
command(sys.argv[1:])
print(*(part for part in PARTS if f"cli.{part}" in sys.modules))
"""


def _loaded(*words: str) -> list[str]:
    """The parts that are imported for these words, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *words], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


def _names(app: typer.Typer) -> set[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return set(group.commands)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_registers_what_the_table_says(part: str) -> None:
    """Else a command would be there only where all parts are."""
    app = typer.Typer()
    app.callback()(lambda: None)
    import_module(f"cli.{part}").register(app)
    assert set(PARTS[part]) == _names(app)


def test_a_word_that_is_still_being_typed_may_become_another_command() -> None:
    """`audit` is one, and the beginning of `auditor`."""
    said = typed(_INCIDENTS_COMPLETE="complete_bash", COMP_WORDS="incidents\naudit", COMP_CWORD="1")
    assert ["audit", "auditor"] == sorted(said.out.split())


def test_what_reads_the_tables_imports_no_other_part() -> None:
    """Seconds count for whoever types `incidents list` at night."""
    assert ["read"] == _loaded("list", "--limit", "3")


@pytest.mark.parametrize("words", [(), ("--help",), ("lists",), ("--log-level", "debug", "list")])
def test_where_the_first_word_is_no_command_all_are_there(words: tuple[str, ...]) -> None:
    """For the help, for what is only similar, and behind the program's own options."""
    assert {name for names in PARTS.values() for name in names} == _names(command(words))


def test_the_version_needs_no_part() -> None:
    """It is asked for by scripts."""
    assert [] == _loaded("--version")
