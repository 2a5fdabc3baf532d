"""However the supervisor of a local system ends, no process, lock or half-made state is left."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.detached import down, up_detached
from local.errors import LocalError
from local.home import Home, holder, home_of
from local.status import ProcessStatus, Status, read_status
from local.supervisor import Plan, running
from schemas.settings import Settings
from tests.facts import eventually
from tests.local.owner import STAND_IN
from tests.local.systems import owner_command, pids, run_owner, start_owner, when_healthy
from tests.processes import is_gone


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home of the test's own; what a failing test leaves in the background is stopped."""
    own = home_of(tmp_path)
    yield own
    down(own)


def _nothing_is_left(home: Home, processes: list[int]) -> bool:
    return holder(home) is None and all(map(is_gone, processes))


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_an_orderly_end_leaves_no_process_lock_or_state(home: Home, sign: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM should end everything before the supervisor itself ends."""
    with start_owner(home.folder) as owner:
        processes = pids(when_healthy(home))
        owner.send_signal(sign)
        assert owner.wait(60) == code
        assert _nothing_is_left(home, processes)
        assert not home.lock.exists()
        assert not home.state.exists()
        assert read_status(home).phase == "down"


def test_kill_9_of_the_supervisor_ends_everything_and_the_next_start_works(home: Home) -> None:
    """Nobody is there to clean up; the processes should end by themselves and the data stay usable."""
    with start_owner(home.folder) as owner:
        processes = pids(when_healthy(home))
        owner.kill()
    assert {each.health for each in read_status(home).processes} == {"gone"}
    with start_owner(home.folder) as again:
        assert not set(pids(when_healthy(home))) & set(processes)
        assert _all_gone(processes)
        again.send_signal(signal.SIGTERM)


def _all_gone(processes: list[int]) -> bool:
    return all(map(is_gone, processes))


def test_ctrl_c_during_the_start_leaves_nothing(home: Home) -> None:
    """An impatient person should not leave a broker behind."""
    with start_owner(home.folder) as owner:
        eventually((home.kafka / "broker.log").exists, 30, "the broker is being started")
        owner.send_signal(signal.SIGINT)
        assert owner.wait(60) == 130
    assert eventually(lambda: _no_java_of(home), 60, "no broker is left")
    assert not home.lock.exists()


def _no_java_of(home: Home) -> bool:
    lines = (each.read_bytes() for each in Path("/proc").glob("[0-9]*/cmdline"))
    return not any(str(home.folder).encode() in line for line in lines)


def test_a_part_that_will_not_start_fails_the_start_with_its_own_words(home: Home) -> None:
    """One line should name the process, its code, what it said and where its log is; all else should end."""
    done = run_owner(home.folder, STAND_IN_FAILS="auditor")
    assert done.returncode == 1
    told = (
        f"error: auditor ended with code 1: error: the stand-in was told to fail (log: {home.log('auditor')})"
    )
    assert done.stderr.strip().splitlines()[-1] == told
    assert not home.lock.exists()


def test_a_gateway_port_in_use_is_named(home: Home) -> None:
    """A port that was asked for and is taken should be told, with nothing left running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        plan = Plan(home, STAND_IN, Settings(), workers=1, gateway_port=port)
        told = pytest.raises(LocalError, match=f"port {port} is in use")
        with told, running(plan, lay_out=lambda _settings: None, progress=print):
            pass
    assert read_status(home).phase == "down"


def test_topics_that_cannot_be_laid_out_end_the_start(home: Home) -> None:
    """An error of the caller's function should come through as it is, after everything has ended."""

    def fail(_settings: Settings) -> None:
        raise LookupError("no such topic")

    plan = Plan(home, STAND_IN, Settings(), workers=1)
    with pytest.raises(LookupError, match="no such topic"), running(plan, lay_out=fail, progress=print):
        pass
    assert eventually(lambda: _no_java_of(home), 60, "no broker is left")


def test_a_detached_system_is_up_when_the_command_returns_and_gone_after_down(home: Home) -> None:
    """The lines of the start should be passed on; `down` should return when all has ended."""
    said: list[str] = []
    status = up_detached(home, owner_command(home.folder), said.append)
    assert status.healthy
    assert "starting gateway, worker-1, worker-2, auditor, sink, web" in said
    assert down(home)
    assert _nothing_is_left(home, pids(status))
    assert not down(home)


def test_a_detached_start_that_fails_tells_why(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The background process's last line should reach the person who waits."""
    monkeypatch.setenv("STAND_IN_FAILS", "sink")
    with pytest.raises(LocalError, match="sink ended with code 1: error: the stand-in was told to fail"):
        up_detached(home, owner_command(home.folder), print)
    assert holder(home) is None


def test_a_hanging_process_is_restarted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs but no longer answers should be replaced."""
    monkeypatch.setattr("local.watch._HUNG_S", 2.0)
    with running(Plan(home, STAND_IN, Settings(), workers=1), lay_out=lambda _s: None, progress=print):
        before = _sink(when_healthy(home))
        _stop_process(before.pid or 0)
        eventually(lambda: _sink(read_status(home)).restarts == 1, 30, "the sink was restarted")
        assert _sink(when_healthy(home)).pid != before.pid


def _sink(status: Status) -> ProcessStatus:
    return next(each for each in status.processes if each.name == "sink")


def _stop_process(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
