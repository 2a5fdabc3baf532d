"""The demo as a person meets it: from a bare clone, without a terminal and on one, and however it is ended."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from jgo.maven import MavenContext
from rich.cells import cell_len

from local.kafka_pins import PINS, read_pins
from tests.endtoend.outside import (
    CTRL_C,
    INCIDENTS,
    Command,
    bare_environment,
    exists,
    printed_commands,
    processes_of,
    run,
    started,
    terminal,
)
from tests.facts import eventually

ROOT = Path(__file__).resolve().parents[2]
DEMO = (*INCIDENTS, "demo")
SECTIONS = [
    "WHAT IS FAILING",
    "WHAT CHANGED",
    "WHY, RANKED",
    "WHO",
    "PROPOSED",
    "NOT KNOWN",
    "TIMELINE",
    "DRAFT FOR STAKEHOLDERS",
]
NO_REGISTRY = "no package registry can be reached"
_END_S = 60.0
_PATIENCE_S = 30.0
"""Seconds from the command to the first packet, once everything is downloaded."""
_GONE_S = 15.0
_TIMES = re.compile(r"first packet ([\d.]+) s after its alert was posted, (\d+) s after the command")
_TITLE = re.compile(r"^INC-\w+  ", re.MULTILINE)


@dataclass
class Clone:
    """A bare clone of what is committed, with an empty home."""

    folder: Path
    home: Path

    def demo(self) -> tuple[subprocess.CompletedProcess[str], float]:
        """`make demo` without a terminal, to its end, and the seconds that it took."""
        began = time.monotonic()
        done = subprocess.run(
            ["make", "demo"],  # noqa: S607 - found as a person's shell finds it
            cwd=self.folder,
            env=bare_environment(self.home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, time.monotonic() - began


def _registries_answer() -> bool:
    """Whether one small file of Kafka and one small package can be fetched now."""
    pin = next(pin for pin in read_pins(PINS.read_text("utf-8")) if pin.artifact == "slf4j-api")
    with tempfile.TemporaryDirectory() as scratch:
        pip = [
            INCIDENTS[0],
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--no-cache-dir",
            "--dest",
            scratch,
            "idna",
        ]
        if subprocess.run(pip, capture_output=True, check=False, timeout=120).returncode != 0:
            return False
        try:
            context = MavenContext(repo_cache=Path(scratch))
            context.project(pin.group, pin.artifact).at_version(pin.version).artifact().resolve()
        except (requests.RequestException, RuntimeError):
            return False
        return True


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """What somebody has who has just cloned the project."""
    if not _registries_answer():
        pytest.skip(NO_REGISTRY)
    folder = tmp_path_factory.mktemp("fresh")
    cloning = ["git", "clone", "--quiet", str(ROOT), str(folder / "clone")]
    subprocess.run(cloning, check=True)
    (folder / "home").mkdir()
    return Clone(folder / "clone", folder / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of the test's own to stand in; whatever a test leaves running there fails it."""
    own = tmp_path / "here"
    own.mkdir()
    yield own
    assert eventually(lambda: not processes_of(own), _GONE_S, f"nothing runs in {own}")


def _is_bare(folder: Path) -> bool:
    """No process, no lock, no half-made home is left where a demo ran."""
    left = [*folder.glob(".incidents/*"), *folder.glob(".incidents/.*")]
    return not left and not processes_of(folder)


def _packets(text: str) -> list[str]:
    """The packets that were printed, each from its title line."""
    starts = [match.start() for match in _TITLE.finditer(text)]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def _sections(packet: str) -> list[str]:
    return [name for line in packet.splitlines() for name in SECTIONS if re.match(rf"{name}(\W|$)", line)]


def _assert_readable(text: str) -> None:
    """80 columns, and nothing but text, where there is no terminal."""
    assert [line for line in text.splitlines() if cell_len(line) > 80] == []
    assert "\x1b" not in text


def _assert_two_whole_packets(text: str) -> None:
    packets = _packets(text)
    assert 2 == len(packets)
    assert "provisional" in packets[0]
    assert "settled" in packets[1].splitlines()[0] + packets[1].splitlines()[1] + packets[1].splitlines()[2]
    assert [SECTIONS, SECTIONS] == [_sections(packet) for packet in packets]


@pytest.mark.timeout(600)
def test_from_a_bare_clone_and_an_empty_home_the_demo_prints_its_packets_and_leaves_nothing(
    clone: Clone,
) -> None:
    """It should fetch what it needs, say so, print the first and the settled packet, exit 0 and tidy up."""
    done, took = clone.demo()
    sys.stdout.write(f"cold demo: {took:.0f} s\n")
    assert 0 == done.returncode, done.stdout + done.stderr
    for told in ("packages, each checked by its hash", "the environment is ready"):
        assert told in done.stdout
    for told in (
        "fetching Apache Kafka",
        "46 of 46 files",
        "starting Kafka",
        "sending checkout/events.jsonl",
    ):
        assert told in done.stderr
    _assert_two_whole_packets(done.stdout)
    _assert_readable(done.stdout + done.stderr)
    assert _is_bare(clone.folder)
    changed = ["git", "-C", str(clone.folder), "status", "--porcelain"]
    assert "" == subprocess.run(changed, capture_output=True, text=True, check=True).stdout
    commands = printed_commands(done.stdout)
    assert commands
    assert [words for words in commands if not exists(words, clone.folder)] == []
    warm, took = clone.demo()
    sys.stdout.write(f"warm demo: {took:.0f} s; {warm.stderr.splitlines()[-1]}\n")
    assert 0 == warm.returncode, warm.stdout + warm.stderr
    assert "fetching" not in warm.stderr
    after_alert, after_command = map(float, _told_times(warm.stderr))
    assert after_alert < 10
    assert after_command < _PATIENCE_S
    assert _is_bare(clone.folder)


def _told_times(said: str) -> tuple[str, str]:
    found = _TIMES.search(said)
    assert found, said
    return found[1], found[2]


def test_two_demos_at_the_same_time_both_come_through(folder: Path) -> None:
    """Each should have its own ports, folder and broker, in the same working folder."""
    with started(DEMO, folder) as one, started(DEMO, folder) as other:
        assert [0, 0] == [_code(one), _code(other)], one.said + other.said
    for each in (one, other):
        _assert_two_whole_packets(each.out.read_text("utf-8"))
    assert _is_bare(folder)


def _code(command: Command) -> int:
    return command.process.wait(240)


def test_on_a_terminal_it_stays_up_for_a_look_around_until_ctrl_c(folder: Path) -> None:
    """Every command that it prints should work as printed; Ctrl-C should end everything."""
    with terminal(DEMO, folder) as shown:
        shown.when_it_shows("everything stays up until Ctrl-C")
        commands = printed_commands(shown.screen)
        assert {"list", "timeline", "evidence"} <= {words[0] for words in commands}
        named = re.search(r"export (INCIDENTS_HOME)=(\S+)", shown.screen)
        assert named
        for words in commands:
            answered = run(*words, folder=folder, **{named[1]: named[2]} if "--home" not in words else {})
            assert (0, "") == (answered.returncode, answered.stderr), words
            _assert_readable(answered.stdout)
        assert shown.process.poll() is None
        shown.press(CTRL_C)
        assert shown.process.wait(_END_S) in {0, 130}
    assert "Traceback" not in shown.screen
    assert eventually(lambda: _is_bare(folder), _GONE_S, "nothing is left")


@pytest.mark.parametrize("moment", ["starting Kafka", "creating the topics", "starting gateway", "sending "])
def test_ctrl_c_at_any_moment_leaves_nothing(folder: Path, moment: str) -> None:
    """An impatient person should get the prompt back, without a traceback, process or folder."""
    with started(DEMO, folder) as demo:
        demo.when_it_says(moment)
        demo.interrupt()
        assert 130 == demo.process.wait(_END_S)
    assert "Traceback" not in demo.said
    assert eventually(lambda: _is_bare(folder), _GONE_S, "nothing is left")


def test_ctrl_c_before_anything_was_said_is_no_traceback(folder: Path) -> None:
    """The moment in which the program is still being loaded should end as quietly as any other."""
    with started(DEMO, folder) as demo:
        eventually(lambda: _has_loaded(demo, b"pydantic"), 30, "the program is being loaded")
        demo.interrupt()
        assert 130 == demo.process.wait(_END_S)
    assert "Traceback" not in demo.said
    assert eventually(lambda: _is_bare(folder), _GONE_S, "nothing is left")


def _has_loaded(demo: Command, library: bytes) -> bool:
    return library in Path(f"/proc/{demo.process.pid}/maps").read_bytes()


def test_kill_9_ends_every_process_and_the_next_demo_clears_the_folder(folder: Path) -> None:
    """Nobody is there to clean up; the processes should end by themselves, and what they leave should not stay."""
    with started(DEMO, folder) as demo:
        demo.when_it_says("sending ")
        demo.process.kill()
    assert eventually(lambda: not processes_of(folder), _GONE_S, "every process is gone")
    (left,) = folder.glob(".incidents/demo-*")
    an_hour_ago = time.time() - 3600
    os.utime(left, (an_hour_ago, an_hour_ago))
    with started(DEMO, folder) as again:
        again.when_it_says("starting Kafka")
        assert not left.exists()
        again.process.send_signal(signal.SIGTERM)
        assert 130 == again.process.wait(_END_S)
    assert eventually(lambda: _is_bare(folder), _GONE_S, "nothing is left")


def test_a_proxy_for_the_world_outside_does_not_stand_before_this_machine(folder: Path) -> None:
    """In a network with a proxy the demo should reach its own gateway all the same."""
    proxy = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:1")
    with started(DEMO, folder, {**os.environ, **proxy, "NO_PROXY": "", "no_proxy": ""}) as demo:
        demo.when_it_says("first packet")
        demo.interrupt()
    assert eventually(lambda: _is_bare(folder), _GONE_S, "nothing is left")
