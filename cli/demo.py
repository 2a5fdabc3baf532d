"""Owns `incidents demo`: everything on this machine, a recorded incident through it, the packet on the screen.

May not: take a short cut; the recording goes through the gateway, and the packets come out of their topic.
"""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from cli.console import fail, progress, speaks_plainly, tell_of_retries
from cli.home_tokens import REPLAY, login_link, token_of
from cli.replay import come_through
from cli.showing import NothingCame, Watching
from cli.system import DEFAULT_HOME, stay, system
from local.home import Home, holder, home_of
from local.supervisor import Running
from schemas.packets import Packet
from schemas.settings import REPLAY_PREFIX, Settings
from sinks.packet_text import packet_text
from sources.recording import Delivery, Tick, deliveries, script
from sources.sender import CannotSend, Target, send
from wire.follow import following

RECORDING = Path(__file__).resolve().parent.parent / "examples" / "checkout"
_TENANT = f"{REPLAY_PREFIX}demo"
_PREFIX = "demo-"
_STARTING_S = 60.0
"""A home younger than this may belong to a demo that has not taken its lock yet."""
_FIRST_S = 60.0
_FOLDER = typer.Option(
    "--recording",
    help="Folder with events.jsonl and catalog.yaml.",
    exists=True,
    file_okay=False,
    show_default="examples/checkout",
)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Everything on this machine")(speaks_plainly(demo))


def demo(recording: Annotated[Path, _FOLDER] = RECORDING) -> None:
    """Start everything here, send a recorded incident, print its packet; on a terminal stays up until Ctrl-C."""
    began = time.monotonic()
    if not (recording / "events.jsonl").is_file():
        fail(f"there is no {recording / 'events.jsonl'}: name the folder of a recording")
    try:
        with _own_home() as home, system(home, Settings(), workers=2) as here:
            _show(here, home, recording, began)
            if sys.stdout.isatty():
                progress("everything stays up until Ctrl-C")
                stay(here)
    except NothingCame as problem:
        fail(problem)
    except KeyboardInterrupt:
        progress("stopped")
        raise typer.Exit(130) from None


@contextmanager
def _own_home() -> Iterator[Home]:
    """A home that nobody else uses, gone afterwards; those that killed demos have left are removed first."""
    DEFAULT_HOME.mkdir(exist_ok=True)
    for left in DEFAULT_HOME.glob(f"{_PREFIX}*"):
        if holder(Home(left.absolute())) is None and time.time() - left.stat().st_mtime > _STARTING_S:
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=DEFAULT_HOME))
    try:
        yield home_of(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Sending:
    """A recording on its way to the gateway, in a thread of its own."""

    target: Target
    recording: Path
    first_alert_at: float = 0.0
    failed: list[Exception] = field(default_factory=list)

    def start(self) -> threading.Thread:
        """Begin to send."""
        thread = threading.Thread(target=self._run, name="sender", daemon=True)
        thread.start()
        return thread

    def check(self) -> None:
        """Raise what made the sending fail."""
        if self.failed:
            raise self.failed[0]

    def _run(self) -> None:
        steps = script(deliveries(self.recording / "events.jsonl"), self.recording / "catalog.yaml")
        try:
            send(self._timed(steps), self.target)
        except (CannotSend, OSError, ValueError) as problem:
            self.failed.append(problem)

    def _timed(self, steps: Iterator[Delivery | Tick]) -> Iterator[Delivery | Tick]:
        for step in steps:
            if isinstance(step, Delivery) and step.source == "alertmanager" and not self.first_alert_at:
                self.first_alert_at = time.monotonic()
            yield step


def _show(here: Running, home: Home, recording: Path, began: float) -> None:
    status = here.status()
    sending = _Sending(Target(status.gateway, _TENANT, token_of(home, REPLAY)), recording)
    with (
        following(status.bootstrap, "context-packets") as packets,
        following(status.bootstrap, "incident-candidates") as candidates,
    ):
        watching = Watching(packets, candidates, _TENANT)
        progress(f"sending {recording.name}/events.jsonl to {status.gateway} as tenant {_TENANT}")
        tell_of_retries()
        thread = sending.start()
        first = watching.first(_FIRST_S, sending.check)
        came = time.monotonic()
        _say(packet_text(first))
        waited, since = came - sending.first_alert_at, came - began
        progress(f"first packet {waited:.2f} s after its alert was posted, {since:.0f} s after the command")
        thread.join()
        sending.check()
        come_through(status.bootstrap, sending.check)
        final = watching.final()
    _say(packet_text(final[0]))
    _say(_next_steps(final, home, status.page))


def _next_steps(final: list[Packet], home: Home, page: str) -> str:
    """Where to look next: commands that exist, for the candidates that there are."""
    others = [f"  {packet.candidate.short_id}  {packet.candidate.title}" for packet in final[1:]]
    found = ["ALSO FOUND", *others, ""] if others else []
    return "\n".join(
        [*found, *(_a_look_around(final[0], home, page) if sys.stdout.isatty() else _ON_A_TERMINAL)]
    )


_ON_A_TERMINAL = (
    "LOOK NEXT",
    "  make demo  on a terminal: everything stays up, and it says how to look around",
    "  README.md  how to point an Alertmanager, GitHub, flagd and Kubernetes at it",
)


def _a_look_around(main: Packet, home: Home, page: str) -> list[str]:
    """What to open, and what to type into another terminal, while the demo stays up."""
    here = home.folder.is_relative_to(Path.cwd())
    folder = home.folder.relative_to(Path.cwd()) if here else home.folder
    name, first = main.candidate.short_id, main.evidence[0].id
    return [
        "LOOK NEXT, in a browser (the link logs in)",
        f"  {login_link(home, page, f'/incidents/{name}?tenant={_TENANT}')}",
        "or in another terminal",
        f"  .venv/bin/incidents list --replays --home {folder}",
        f"  .venv/bin/incidents timeline {name} --home {folder}",
        f"  .venv/bin/incidents evidence {name} {first} --home {folder}",
        "  or, so that the commands as the packet names them find this demo, first:",
        f"  export INCIDENTS_HOME={folder} PATH=$PWD/.venv/bin:$PATH",
    ]


def _say(text: str) -> None:
    sys.stdout.write(f"{text.rstrip()}\n\n")
    sys.stdout.flush()
