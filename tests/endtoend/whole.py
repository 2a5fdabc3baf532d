"""Owns what a test may do with the running system: send a recording, read its topics and tables, kill its processes."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.build import build
from cli.home_tokens import REPLAY, token_of
from cli.inprocess import InProcess
from cli.settings_file import load_settings
from local.home import Home
from local.status import Status, read_status
from schemas.audit import AuditEntry, AuditRecord
from schemas.codec import decode
from schemas.model import Message
from schemas.packets import Candidate
from sources.recording import Delivery, Tick
from sources.sender import Target, send
from streams.cause import Output
from streams.export import export
from tests.facts import eventually
from wire.follow import following

EXAMPLE = Path(__file__).parents[2] / "examples" / "checkout"
_UP_S = 300.0
_DOWN_S = 90.0


@dataclass(frozen=True)
class Whole:
    """The running system of one home."""

    home: Path

    @property
    def status(self) -> Status:
        """What runs now."""
        return read_status(Home(self.home))

    def send(self, steps: Iterable[Delivery | Tick], tenant: str) -> None:
        """Sends the steps through the gateway as a replay tenant."""
        send(steps, Target(self.status.gateway, tenant, token_of(Home(self.home), REPLAY)))

    def in_process(self, steps: Iterable[Delivery | Tick], tenant: str) -> list[Output]:
        """What the same steps give without Kafka, under the settings of this system."""
        settings = load_settings(self.home / "settings.toml")
        return list(InProcess(tenant, settings, build()).run(steps))

    def messages(self, topic: str, tenant: str) -> list[Message]:
        """All messages of a topic that belong to a tenant, as any consumer reads them."""
        with following(self.status.bootstrap, topic) as follower:
            messages = [decode(topic, value) for value in follower.rest()]
        return [message for message in messages if _tenant(message) == tenant]

    def export(self, tenant: str) -> bytes:
        """The export of a tenant's candidates as they stand now."""
        return exported(self.messages("incident-candidates", tenant))

    def decisions(self, tenant: str) -> list[str]:
        """The ids of a tenant's decisions in the audit log, by the correlator, in order."""
        with following(self.status.bootstrap, "audit") as follower:
            records = [decode("audit", value) for value in follower.rest()]
        entries = (decode("audit-entries", r.entry) for r in records if isinstance(r, AuditRecord))
        return list(_correlated(entries, tenant))

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of the tables."""
        with sqlite3.connect(f"file:{self.home / 'incidents.db'}?mode=ro", uri=True) as database:
            return database.execute(query, values).fetchall()

    def kill(self, name: str) -> None:
        """Kill -9 of one process; returns once the supervisor has another in its place that is healthy."""
        before = self.pid(name)
        os.kill(before, signal.SIGKILL)
        eventually(lambda: self.pid(name) != before and self.status.healthy, 60, f"{name} is back")

    def pid(self, name: str) -> int:
        """The process id of one process; LookupError while it has none."""
        pid = next(each.pid for each in self.status.processes if each.name == name)
        if pid is None:
            raise LookupError(f"{name} has no process")
        return pid


@contextmanager
def running_whole(folder: Path, *options: str) -> Iterator[Whole]:
    """Everything up, as `incidents up` brings it up; stopped by SIGTERM afterwards, which must end it with 0."""
    home = folder / "home"
    command = [
        sys.executable,
        "-m",
        "cli.start",
        "up",
        "--home",
        str(home),
        "--port",
        "0",
        "--page-port",
        "0",
    ]
    with (folder / "up.log").open("ab") as log:
        up = subprocess.Popen([*command, *options], stdout=log, stderr=log)
    whole = Whole(home)
    try:
        eventually(lambda: whole.status.healthy, _UP_S, f"the system is up ({folder / 'up.log'})")
        yield whole
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(_DOWN_S) in {0, 130}


def exported(messages: Iterable[Message]) -> bytes:
    """The export of the candidates among some messages."""
    return export(message for message in messages if isinstance(message, Candidate))


def _correlated(entries: Iterable[Message], tenant: str) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, AuditEntry) and entry.tenant == tenant and entry.actor == "correlator":
            yield entry.decision_id


def _tenant(message: Message) -> str:
    named = getattr(message, "candidate", message)
    return str(getattr(named, "tenant", ""))
