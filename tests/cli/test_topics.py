"""`incidents topics create`: the catalogue on a cluster of one's own, as often as one likes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import command as program
from local.kafka import kill_broker, start_broker
from local.ports import HOST, free_ports
from schemas.topics import TOPICS
from wire.admin import layout


def test_the_topics_are_created_and_creating_them_again_changes_nothing(tmp_path: Path) -> None:
    """Each topic should be listed with its partitions, the settings' number, the second time as well."""
    settings = tmp_path / "settings.toml"
    settings.write_text("[kafka]\npartitions = 3\n")
    broker = start_broker(tmp_path / "kafka", progress=print)
    try:
        command = ["topics", "create", "--settings", str(settings), "--bootstrap", broker.bootstrap]
        first, second = (CliRunner().invoke(program(), command) for _ in range(2))
        there = layout(broker.bootstrap)
    finally:
        kill_broker(broker)
    assert (0, 0) == (first.exit_code, second.exit_code)
    assert first.stdout == second.stdout
    assert "signals: 3 partitions" in first.stdout.splitlines()
    assert TOPICS.keys() == there.keys()


def test_a_cluster_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a broker the command should end with 1 and name the address."""
    monkeypatch.setattr("wire.admin.TIMEOUT_S", 0.5)
    address = f"{HOST}:{free_ports(1)[0]}"
    done = CliRunner().invoke(program(), ["topics", "create", "--bootstrap", address])
    assert 1 == done.exit_code
    assert [True] == [address in line for line in done.stderr.splitlines()]
