"""Owns docs/commands.md: every command of `incidents` with its arguments and options, from the commands themselves.

May not: start any of them. Goes to: `docs.generate`.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from cli.examples import examples
from cli.main import command as program

_HEAD: Final = """\
<!-- Made by `make docs`; change the commands in cli/, not this page. -->

# Commands

In a checkout the command is `.venv/bin/incidents`. Results go to standard output, progress and problems to standard
error. A problem is one line that says what to do. Exit codes: 0 all is well, 1 a problem, 2 wrong use, 130 Ctrl-C, 141
nobody reads the result any more (`| head -1`); where a command has others, it says so. Colours are shown on a terminal
alone, and not where `NO_COLOR` is set.

What holds for every command stands before its name:

"""
_PATH_OF_THE_CHECKOUT: Final = "recording"
"""The option whose default is a folder of this very checkout, and so no words for a page."""


def commands() -> dict[str, TyperCommand]:
    """Every command by its whole name (`topics create`), in the order of the help."""
    return dict(_within(typer.main.get_command(program()), ""))


def panels() -> dict[str, str]:
    """The heading of the help under which each first word stands."""
    group = typer.main.get_command(program())
    listed = group.commands if isinstance(group, TyperGroup) else {}
    return {name: str(getattr(command, "rich_help_panel", "")) for name, command in listed.items()}


def _within(command: object, name: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for word, inner in command.commands.items():
            yield from _within(inner, f"{name} {word}".strip())
    elif isinstance(command, TyperCommand):
        yield name, command


def options(command: TyperCommand | TyperGroup) -> list[TyperOption]:
    """The options of a command, without --help."""
    return [each for each in command.params if isinstance(each, TyperOption)]


def commands_page() -> str:
    """The whole page as Markdown, ending in a line break."""
    groups: dict[str, list[str]] = {}
    headings = panels()
    for name, command in commands().items():
        groups.setdefault(headings[name.split()[0]], []).append(_section(name, command))
    parts = (f"## {panel}\n\n" + "\n".join(sections) for panel, sections in groups.items())
    group = typer.main.get_command(program())
    shared = _table(map(_option, options(group) if isinstance(group, TyperGroup) else ()))
    return "\n".join([_HEAD + "\n".join(shared), *parts])


def _section(name: str, command: TyperCommand) -> str:
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    usage = " ".join(["incidents", name, *map(_name, arguments)])
    rows = [*map(_argument, arguments), *map(_option, options(command))]
    shown = ["```sh", *examples(name), "```", ""]
    return "\n".join([f"### {name}", "", f"`{usage}`", "", command.help or "", "", *shown, *_table(rows)])


def _name(argument: TyperArgument) -> str:
    return (argument.metavar or argument.name or "").upper()


def _argument(argument: TyperArgument) -> tuple[str, str, str]:
    return f"`{_name(argument)}`", _sentence(argument.help), "required" if argument.required else ""


def _option(option: TyperOption) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in option.opts)
    variable = f" Also `{option.envvar}` in the environment." if option.envvar else ""
    return names, _sentence(option.help) + variable, _default(option)


def _default(option: TyperOption) -> str:
    if option.required:
        return "required"
    if option.is_flag or option.default is None:
        return ""
    return "that of the checkout" if option.name == _PATH_OF_THE_CHECKOUT else f"`{option.default}`"


def _sentence(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("<", "\\<")


def _table(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    listed = list(rows)
    if listed:
        yield "| | | default |"
        yield "|---|---|---|"
        yield from (f"| {name} | {meaning} | {default} |" for name, meaning, default in listed)
        yield ""
