"""A local system comes up as a whole, heals, and ends as a whole, however its supervisor ends."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from local.errors import LocalError
from local.home import Home, home_of
from local.scaling import ask_for_workers
from local.status import ProcessStatus, read_status
from local.supervisor import Plan, Running, running
from schemas.settings import Settings
from tests.facts import eventually
from tests.local.owner import STAND_IN
from tests.local.systems import pids, run_owner, when_healthy
from tests.processes import is_gone

_NAMES = ["kafka", "gateway", "worker-1", "worker-2", "auditor", "sink", "web"]


def _lay_out(settings: Settings) -> None:
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap})
    admin.create_topics([NewTopic("laid-out", 1, 1)])["laid-out"].result()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home of the one system that several tests look at."""
    return home_of(tmp_path_factory.mktemp("system"))


@pytest.fixture(scope="module")
def taken_away() -> list[str]:
    """The workers that have been taken away for good."""
    return []


@pytest.fixture(scope="module")
def system(home: Home, taken_away: list[str]) -> Iterator[Running]:
    """A system of stand-ins on a real broker."""
    plan = Plan(home, STAND_IN, Settings(), workers=2, taken_away=lambda _, name: taken_away.append(name))
    with running(plan, lay_out=_lay_out, progress=print) as up:
        yield up


def test_a_system_that_is_up_names_every_process_with_pid_port_and_health(
    system: Running, home: Home
) -> None:
    """What others read should say the same as the supervisor, and every port should be its own."""
    told = when_healthy(home)
    assert [each.name for each in told.processes] == _NAMES
    assert len({each.port for each in told.processes}) == len(_NAMES)
    assert not any(map(is_gone, pids(told)))
    assert (told.pid, told.bootstrap) == (os.getpid(), system.settings.kafka.bootstrap)
    assert told.gateway == f"http://127.0.0.1:{system.settings.gateway.port}"


def test_the_topics_are_laid_out_before_the_processes_start(system: Running) -> None:
    """The function that creates topics should have been given the broker that runs."""
    admin = AdminClient({"bootstrap.servers": system.settings.kafka.bootstrap})
    assert "laid-out" in admin.list_topics(timeout=30).topics


@pytest.mark.usefixtures("system")
def test_a_second_system_in_the_same_home_is_told_who_runs(home: Home, tmp_path: Path) -> None:
    """The second start should name the first one's process and change nothing."""
    before = read_status(home)
    done = run_owner(home.folder, HOME=str(tmp_path))
    assert done.returncode == 1
    assert f"a system already runs in {home.folder} (process {os.getpid()})" in done.stderr
    assert read_status(home) == before


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("name", ["worker-1", "gateway", "kafka"])
def test_a_process_that_is_killed_comes_back_on_its_port(home: Home, name: str) -> None:
    """Kill -9 of one process should show in the status as a restart, and nothing else should restart."""
    before = {each.name: each for each in when_healthy(home).processes}
    os.kill(before[name].pid or 0, signal.SIGKILL)
    after = eventually(lambda: _restarted(home, name, before[name].restarts), 60, f"{name} is back")
    assert (after.port, after.exit_code) == (before[name].port, 128 + signal.SIGKILL)
    others = {each.name: each.pid for each in when_healthy(home).processes if each.name != name}
    assert others == {each.name: each.pid for each in before.values() if each.name != name}


@pytest.mark.usefixtures("system")
def test_workers_are_added_and_taken_away_while_the_others_run(home: Home, taken_away: list[str]) -> None:
    """New ones should come last, the last ones go for good and be named, and no other process should notice."""
    before = pids(when_healthy(home))
    grown = ask_for_workers(home, 4)
    assert [each.name for each in grown.processes] == [*_NAMES[:4], "worker-3", "worker-4", *_NAMES[4:]]
    assert set(before) < set(pids(grown))
    shrunk = ask_for_workers(home, 2)
    assert before == pids(shrunk)
    eventually(lambda: taken_away == ["worker-3", "worker-4"], 30, "both are named")


def test_a_system_that_does_not_run_cannot_be_scaled(tmp_path: Path) -> None:
    """One line should say how to start one."""
    with pytest.raises(LocalError, match="incidents up --detach"):
        ask_for_workers(home_of(tmp_path), 2)


def _restarted(home: Home, name: str, restarts: int) -> ProcessStatus | None:
    now = next(each for each in when_healthy(home).processes if each.name == name)
    return now if now.restarts == restarts + 1 and now.health == "healthy" else None
