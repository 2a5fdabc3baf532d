"""What holds for every command, by walking the program itself: a new command is under these laws at once."""

import json
import shlex
import time
from pathlib import Path
from typing import Any, Final

import pytest
from rich.cells import cell_len

from cli.examples import EXAMPLES, examples
from docs.commands_page import commands, options, panels
from tests.cli.typed import typed
from tests.sinks.catalogued import catalogued
from tests.sinks.page.site import HOSTILE, fill, incident, short, store

COMMANDS: Final = commands()
GROUPS: Final = tuple(sorted({name.rpartition(" ")[0] for name in COMMANDS}))
NO_JSON: Final = {
    **dict.fromkeys(("gateway", "worker", "auditor", "sink", "querier", "web"), "runs until it is stopped"),
    "demo": "is there to be looked at",
    "audit proof": "prints nothing but JSON",
    "audit growth": "prints nothing but JSON",
}
"""The commands without --json, and why."""
KAFKA_OR_ENDLESS: Final = ("dead-letters", "feedback", "watch")
READING: Final = [
    name
    for name in COMMANDS
    if panels()[name.split()[0]] == "What is going on" and name.split()[0] not in KAFKA_OR_ENDLESS
]
"""The commands that show what the tables hold."""
ENDINGS: Final = {0, 3}
"""What a reading command may end with: 3 where `doctor` finds something missing."""
_GIVEN: Final = {"ID": "{incident}", "EVIDENCE": "e1"}
"""By the name of an argument, what is given for it."""
ASKED_FOR: Final = {"INCIDENTS_READER_PASSWORD": "in the variable"}
MOST: Final = 20_000
"""Characters of any answer, whatever the length of what is stored."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings that lead to tables with incidents, changes and a catalog, some of them hostile."""
    folder = tmp_path_factory.mktemp("tables")
    address = f"sqlite:///{folder}/incidents.db"
    catalogued(address, time.time_ns() // 1000)
    fill(address)
    store(address, [incident("long", title="x" * 10_000, owner="\u202e" + "o" * 10_000)])
    file = folder / "settings.toml"
    file.write_text(f'[sink]\ndatabase = "{address}"\n')
    return file


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to work in, with every file that an example names."""
    for folder in ("examples/checkout", "recordings", "audit-2026", "catalog"):
        (tmp_path / folder).mkdir(parents=True)
    for file in (
        "settings.toml",
        "new.toml",
        "catalog-info.yaml",
        "checkpoints.txt",
        "audit.pub",
        "score.py",
    ):
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _taking(flag: str) -> list[str]:
    return [name for name in COMMANDS if any(flag in option.opts for option in options(COMMANDS[name]))]


def _words(name: str, of: str) -> list[str]:
    """A command with what it has to be given."""
    given = [
        _GIVEN[str(each.metavar)] for each in COMMANDS[name].params if each.param_type_name == "argument"
    ]
    return [*name.split(), *(each.format(incident=of) for each in given)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_one_sentence_what_it_does(name: str) -> None:
    """That sentence is its line in the list of commands."""
    said = COMMANDS[name].help or ""
    assert said.endswith(".")
    assert 1 == len(said.splitlines()) == said.count(". ") + 1
    assert said[0].isupper()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_and_no_example_is_of_a_command_that_is_not_there(name: str) -> None:
    """Whoever asks for help wants a line to start from."""
    said = " ".join(typed(*name.split(), "--help").out.split())
    assert examples(name)
    assert all(example in said for example in examples(name))
    assert EXAMPLES.keys() == COMMANDS.keys()


@pytest.mark.parametrize("example", [(name, each) for name in COMMANDS for each in examples(name)])
def test_the_command_would_take_every_example(
    example: tuple[str, str], files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options, values and the number of arguments, where the files that it names are there."""
    monkeypatch.setenv(*next(iter(ASKED_FOR.items())))
    name, line = example
    assert files.is_dir()
    words = shlex.split(line)[1 + len(name.split()) :]
    assert COMMANDS[name].make_context(name, words).params


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_every_help_fits_a_terminal_and_holds_no_escape_sequence_where_none_is(name: str) -> None:
    """Not even in a job of GitHub's, for which the library would colour it."""
    said = typed(*name.split(), "--help", GITHUB_ACTIONS="true", FORCE_COLOR="1")
    assert (0, "") == (said.code, said.err)
    assert "\x1b" not in said.out
    assert 80 >= max(cell_len(line) for line in said.out.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_prints_what_it_knows_has_json(name: str) -> None:
    """Programs read, too."""
    known = {flag for option in options(COMMANDS[name]) for flag in option.opts}
    assert ("--json" in known) != (name in NO_JSON)


@pytest.mark.parametrize("name", READING)
def test_json_says_all_that_the_text_says(name: str, settings: Path) -> None:
    """Every fact of the incident that is in the text is in the JSON."""
    text, body = (
        typed(*_words(name, short("one")), *more, "--settings", str(settings)) for more in ([], ["--json"])
    )
    assert {text.code, body.code} <= ENDINGS, text.err
    said, told = " ".join(text.out.split()), " ".join(_leaves(json.loads(body.out)))
    facts = {
        each for each in _leaves(incident("one", 2).model_dump(mode="json")) if _could_only_be_of_it(each)
    }
    assert not {fact for fact in facts if fact in said and not all(word in told for word in fact.split())}


def _could_only_be_of_it(leaf: str) -> bool:
    """Whether a text is a fact, and no word that we use ourselves."""
    return (len(leaf) > 3 and not leaf.islower()) or " " in leaf


def _leaves(body: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Every text and number, as text."""
    if isinstance(body, dict):
        return [*body, *(leaf for each in body.values() for leaf in _leaves(each))]
    if isinstance(body, list):
        return [leaf for each in body for leaf in _leaves(each)]
    return [str(body)]


@pytest.mark.parametrize("of", ["hostile", "long"])
@pytest.mark.parametrize("as_json", [(), ("--json",)])
@pytest.mark.parametrize("terminal", [{}, {"NO_COLOR": "1"}])
@pytest.mark.parametrize("name", READING)
def test_what_others_have_written_is_inert(
    name: str, terminal: dict[str, str], as_json: tuple[str, ...], of: str, settings: Path
) -> None:
    """No escape sequence, nothing that hides or turns text, no markup; without colours not even one of ours."""
    said = typed(
        *_words(name, short(of)), *as_json, "--settings", str(settings), terminal=bool(terminal), **terminal
    )
    assert said.code in ENDINGS, said.err
    assert not set("\x1b\x9b\u202e\u200b\u2066") & set(said.out + said.err)
    assert as_json or "\n\n\n" not in said.out
    assert as_json or len(said.out) < MOST


@pytest.mark.parametrize("name", READING)
def test_a_terminal_is_shown_colours_and_no_text_is_taken_for_markup(name: str, settings: Path) -> None:
    """Only our own styles are escape sequences."""
    said = typed(*_words(name, short("hostile")), "--settings", str(settings), terminal=True).out
    styles = {"\x1b[1m", "\x1b[2m", "\x1b[0m"}
    for style in styles:
        said = said.replace(style, "")
    assert "\x1b" not in said


@pytest.mark.parametrize("name", READING)
def test_a_name_that_nobody_knows_is_one_line_and_exit_code_1(name: str, settings: Path) -> None:
    """Whatever was typed: it is quoted, and inert."""
    words = _words(name, HOSTILE)
    if HOSTILE not in words:
        pytest.fail("takes no name") if "ID" in {each.metavar for each in COMMANDS[name].params} else None
        return
    said = typed(*words, "--settings", str(settings))
    assert (1, "", 1) == (said.code, said.out, len(said.err.splitlines()))
    assert not set("\x1b\u202e") & set(said.err)


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_an_option_that_is_not_there_is_wrong_use_in_one_line(name: str) -> None:
    """2, nothing on standard output, and where it is said how."""
    said = typed(*name.split(), "--no-such-option\x1b[31m")
    assert (2, "", 1) == (said.code, said.out, len(said.err.splitlines()))
    assert said.err.startswith("error: No such option: --no-such-option")
    assert f"see `incidents {name}".strip() in said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize("name", COMMANDS)
def test_what_has_to_be_given_and_is_not_is_wrong_use_in_one_line(name: str) -> None:
    """2, and the first that is missing is named."""
    if not any(each.required and not getattr(each, "prompt", None) for each in COMMANDS[name].params):
        return
    said = typed(*name.split())
    assert (2, "", 1) == (said.code, said.out, len(said.err.splitlines()))
    assert said.err.startswith("error: Missing ")


@pytest.mark.parametrize("name", _taking("--settings"))
def test_settings_with_an_unknown_name_are_one_line_and_exit_code_1(name: str, files: Path) -> None:
    """Before anything is done."""
    (files / "settings.toml").write_text("[kafka]\nbootstarp = 'kafka:9092'\n")
    words = shlex.split(examples(name)[0])[1:]
    said = typed(*words, "--settings", "settings.toml", terminal=False, **ASKED_FOR)
    assert (1, "", 1) == (said.code, said.out, len(said.err.splitlines()))
    assert "error: the settings settings.toml: there is no setting kafka.bootstarp" in said.err
