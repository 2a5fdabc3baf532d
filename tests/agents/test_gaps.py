"""Records that are gone before a worker has read them: on record, and the end of the worker, every time."""

import subprocess
import sys
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from cli.processes import GROUP
from local.system import settings_toml
from schemas.audit import AuditEntry
from schemas.codec import decode
from schemas.settings import Settings
from tests.brokers import laid_out
from tests.sinks.published import send
from tests.wire.log import committed, delete_before
from wire.follow import following

_WAIT_S = 120.0


def test_a_worker_whose_next_record_is_gone_says_so_on_record_and_leaves(tmp_path: Path) -> None:
    """Twice the same: exit code 1, one line with the place, one gap in the audit log, the group's offset untouched."""
    with laid_out(tmp_path / "kafka", 1) as kafka:
        send(kafka.bootstrap, [("alerts", b"gone")] * 5 + [("alerts", b"left")])
        _commit(kafka.bootstrap, 2)
        delete_before(kafka.bootstrap, "alerts", 0, 5)
        settings = tmp_path / "settings.toml"
        settings.write_text(settings_toml(Settings(kafka=kafka)), "utf-8")
        for _ in range(2):
            code, said = _worker(settings)
            assert (1, True) == (code, "the log does not reach alerts/0 at 2" in said), said
        gaps = [entry for entry in _entries(kafka.bootstrap) if entry.decision == "gap"]
        assert {("alerts/0", "worker-1", 2)} == {(e.subject, e.actor, e.position.offset) for e in gaps}
        assert {"due": "2", "first": "5"}.items() <= gaps[0].details.items()
        assert 2 == committed(kafka.bootstrap, GROUP, "alerts", 0)


def _commit(bootstrap: str, offset: int) -> None:
    """The group has handled everything before the offset."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": GROUP, "enable.auto.commit": False})
    consumer.commit(offsets=[TopicPartition("alerts", 0, offset)], asynchronous=False)
    consumer.close()


def _worker(settings: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "cli.start", "worker", "--settings", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S, check=False)
    return done.returncode, done.stderr


def _entries(bootstrap: str) -> list[AuditEntry]:
    with following(bootstrap, "audit-entries") as follower:
        entries = [decode("audit-entries", value) for value in follower.rest()]
    return [entry for entry in entries if isinstance(entry, AuditEntry)]
