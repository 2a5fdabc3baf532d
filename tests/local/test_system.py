"""The description of a local system: its processes, their commands, their settings."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.backoff import Restarts
from local.home import Home
from local.ports import free_ports, is_free
from local.system import describe, local_settings, part_names, settings_toml
from schemas.settings import Settings


def test_every_process_is_told_its_settings_its_name_and_its_port() -> None:
    """The commands should be those of the `incidents` program, as production runs them."""
    system = describe(["incidents"], Path("/s.toml"), [1, 2, 3, 4, 5, 6, 7], workers=1)
    commands = [" ".join(part.command) for part in system.parts]
    assert commands == [
        "incidents gateway --settings /s.toml --health-port 6",
        "incidents worker --settings /s.toml --name worker-1 --health-port 2",
        "incidents auditor --settings /s.toml --name auditor --health-port 3",
        "incidents sink --settings /s.toml --name sink --health-port 4",
        "incidents web --settings /s.toml --health-port 7",
    ]
    assert (system.gateway, system.page) == ("http://127.0.0.1:1", "http://127.0.0.1:5")
    assert [part.metrics for part in system.parts] == [
        f"http://127.0.0.1:{p}/metrics" for p in (6, 2, 3, 4, 7)
    ]


def test_the_query_agent_runs_where_there_is_somebody_to_ask() -> None:
    """Beside the sink, with a name and a port like the others."""
    system = describe(["incidents"], Path("/s.toml"), range(1, 9), workers=1, asks=True)
    commands = [" ".join(part.command) for part in system.parts]
    assert "incidents querier --settings /s.toml --name querier --health-port 5" == commands[-2]
    assert ["gateway", "worker-1", "auditor", "sink", "querier", "web"] == [
        part.name for part in system.parts
    ]


def test_too_few_ports_are_a_mistake_of_the_caller() -> None:
    """Every process should have a port of its own."""
    with pytest.raises(ValueError, match="shorter"):
        describe(["incidents"], Path("/s.toml"), [1, 2], workers=1)


def test_the_settings_file_reads_back_as_the_settings() -> None:
    """What the processes read should be what was meant, with this system's broker, ports, tables and key."""
    system = describe(["incidents"], Path("/s.toml"), [8, 2, 3, 4, 5, 6, 7], workers=1)
    meant = local_settings(Settings(), Home(Path("/home/x")), "127.0.0.1:9", system)
    assert Settings.model_validate(tomllib.loads(settings_toml(meant))) == meant
    assert (meant.kafka.bootstrap, meant.gateway.port, meant.page.port) == ("127.0.0.1:9", 8, 5)
    assert meant.sink.database == "sqlite:////home/x/incidents.db"
    assert meant.audit.key_file == "/home/x/audit/signing.key"


@given(st.lists(st.floats(0, 100), max_size=30))
def test_the_pause_before_a_restart_never_exceeds_ten_seconds(runs: list[float]) -> None:
    """Quick ends should wait longer each time, within bounds; a steady run should be forgiven."""
    restarts = Restarts()
    for ran_s in runs:
        restarts = restarts.after_end(ran_s)
        assert 0.2 <= restarts.pause_s <= 10.0
    assert restarts.total == len(runs)
    assert restarts.after_end(30.0).pause_s == 0.2


def test_the_ports_that_are_found_are_free_and_different() -> None:
    """No two processes should be given the same port."""
    found = free_ports(20)
    assert len(set(found)) == 20
    assert all(map(is_free, found))


def test_there_is_one_name_for_each_worker() -> None:
    """Names should follow the data."""
    assert part_names(2) == ("gateway", "worker-1", "worker-2", "auditor", "sink", "web")
