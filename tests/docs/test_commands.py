"""The commands that the pages name: they exist with their options, and every one that exists is on a page."""

import re

import pytest

from docs.commands_page import commands, options
from tests.docs.pages import ROOT, calls_of

_CALLS = calls_of("incidents")
_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
_MADE = calls_of("make")


def _named(words: list[str]) -> str:
    """The command that the words begin with; AssertionError where there is none."""
    for count in (2, 1):
        name = " ".join(words[:count])
        if name in commands():
            return name
    raise AssertionError(f"there is no command `incidents {' '.join(words)}`")


def test_the_pages_name_commands_at_all() -> None:
    """The search should find what is there, or the other tests would hold by finding nothing."""
    assert len(_CALLS) > 20
    assert "README.md: up --detach" in _CALLS
    assert ["demo"] in _MADE.values()


@pytest.mark.parametrize("call", _CALLS)
def test_a_command_on_a_page_exists_with_its_options(call: str) -> None:
    """Whoever types what a page says should not be told that there is no such thing."""
    words = _CALLS[call]
    if words[0] in _groups() and len(words) == 1:
        return
    known = {name for option in options(commands()[_named(words)]) for name in option.opts} | {"--help"}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given <= known


def _groups() -> set[str]:
    return {name.split()[0] for name in commands() if " " in name}


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_on_a_page(name: str) -> None:
    """What can be typed should be found in the documentation."""
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    section = page.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    assert f"`incidents {name}" in section
    for option in options(commands()[name]):
        assert all(f"`{each}`" in section for each in option.opts)


@pytest.mark.parametrize("call", _MADE)
def test_a_make_target_on_a_page_exists(call: str) -> None:
    """Each target that a page names should be one of the Makefile."""
    assert _MADE[call][0] in _TARGETS
