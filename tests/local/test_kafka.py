"""The embedded broker is a real Kafka that keeps its data, tells its problems and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from hypothesis import given
from hypothesis import strategies as st

from local import kafka as local_kafka
from local.errors import LocalError
from local.kafka import Broker, Ports, cluster_id, kill_broker, start_broker, stop_broker
from local.ports import free_ports
from tests.facts import eventually
from tests.processes import is_gone

_ROOT = Path(__file__).resolve().parent.parent.parent
_OWNER = """
import sys, threading
from pathlib import Path
from local.kafka import start_broker
broker = start_broker(Path(sys.argv[1]), progress=lambda line: None)
print(broker.pid, flush=True)
threading.Event().wait()
"""


def _quiet(_line: str) -> None:
    return


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of the test's own, that it may kill."""
    started = start_broker(tmp_path, progress=_quiet)
    yield started
    kill_broker(started)


@pytest.fixture(scope="module")
def calm_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that several tests look at and none ends."""
    started = start_broker(tmp_path_factory.mktemp("calm"), progress=_quiet)
    yield started
    kill_broker(started)


def _write(bootstrap: str, topic: str, value: bytes) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    producer.produce(topic, value)
    assert producer.flush(60) == 0


def _read(bootstrap: str, topic: str) -> bytes | None:
    settings = {"bootstrap.servers": bootstrap, "group.id": "reader", "auto.offset.reset": "earliest"}
    consumer = Consumer(settings)
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        return eventually(lambda: consumer.poll(0.2), 20, f"a record of {topic}").value()
    finally:
        consumer.close()


def test_a_broker_that_was_killed_has_what_it_acknowledged_when_it_starts_again(broker: Broker) -> None:
    """A start in the same folder and on the same ports should find the records of before the kill."""
    _write(broker.bootstrap, "kept", b"still here")
    kill_broker(broker)
    assert is_gone(broker.pid)
    again = start_broker(broker.folder, progress=_quiet, ports=broker.ports)
    try:
        assert again.bootstrap == broker.bootstrap
        assert _read(again.bootstrap, "kept") == b"still here"
    finally:
        kill_broker(again)


def test_a_broker_that_is_stopped_in_order_ends_with_code_143_and_leaves_no_process(broker: Broker) -> None:
    """SIGTERM should be enough."""
    stop_broker(broker)
    assert broker.child.exit_code() == 128 + signal.SIGTERM
    assert is_gone(broker.pid)


def test_two_brokers_on_one_machine_do_not_meet(calm_broker: Broker, tmp_path: Path) -> None:
    """A second system should have ports, data and topics of its own."""
    other = start_broker(tmp_path / "other", progress=_quiet)
    try:
        _write(calm_broker.bootstrap, "first", b"1")
        assert not set(other.ports.__dict__.values()) & set(calm_broker.ports.__dict__.values())
        assert (
            "first" not in AdminClient({"bootstrap.servers": other.bootstrap}).list_topics(timeout=30).topics
        )
    finally:
        kill_broker(other)


@given(st.binary(min_size=16, max_size=16))
def test_a_cluster_id_is_never_taken_for_an_option(chance: bytes) -> None:
    """An id that begins with a dash would stop one start in 64."""
    told = cluster_id(chance)
    assert (len(told), told[0].isalpha()) == (22, True)


def test_a_mistyped_topic_is_an_error_not_a_new_topic(calm_broker: Broker) -> None:
    """Asking for an unknown topic should not create it."""
    admin = AdminClient({"bootstrap.servers": calm_broker.bootstrap})
    admin.list_topics("alrts", timeout=30)
    assert "alrts" not in admin.list_topics(timeout=30).topics


def test_the_log_says_when_the_broker_started(calm_broker: Broker) -> None:
    """Whoever needs the log should not find it empty."""
    assert "Kafka Server started" in eventually(calm_broker.log.read_text, 60, "a log line")


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_broker_dies_with_the_process_that_started_it(tmp_path: Path, sign: signal.Signals) -> None:
    """However the owner ends, no broker should be left."""
    owner = _start_owner(tmp_path)
    pid = _told_pid(owner)
    assert not is_gone(pid)
    owner.send_signal(sign)
    owner.wait()
    assert eventually(lambda: is_gone(pid), 60, "the broker is gone")


def test_the_broker_dies_when_only_its_leash_is_killed(broker: Broker) -> None:
    """The one process between owner and broker should not be a way to lose the broker."""
    broker.child.leash.kill()
    assert eventually(lambda: is_gone(broker.pid), 60, "the broker is gone")


def test_a_broker_started_by_a_thread_outlives_that_thread(tmp_path: Path) -> None:
    """The end of a worker thread is not the end of the process."""
    started: list[Broker] = []
    thread = threading.Thread(target=lambda: started.append(start_broker(tmp_path, progress=_quiet)))
    thread.start()
    thread.join()
    try:
        _write(started[0].bootstrap, "after", b"the thread has ended")
        assert started[0].child.exit_code() is None
    finally:
        kill_broker(started[0])


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """A given port that another program has should be told with its number."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"port {port} is in use"):
            start_broker(tmp_path, progress=_quiet, ports=Ports(port, *free_ports(1)))


def test_a_folder_that_another_broker_uses_is_told(calm_broker: Broker) -> None:
    """The second broker in a folder should say so, and the first should go on."""
    with pytest.raises(LocalError, match="another broker already uses this folder"):
        start_broker(calm_broker.folder, progress=_quiet)
    assert calm_broker.child.exit_code() is None


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room should be one sentence with the amount, not a broker that fails later."""
    monkeypatch.setattr(local_kafka, "_NEEDED_BYTES", 1 << 62)
    with pytest.raises(LocalError, match="no room for Kafka's data"):
        start_broker(tmp_path, progress=_quiet)


def test_a_folder_with_blanks_and_letters_beyond_ascii_works(tmp_path: Path) -> None:
    """A home may be named as people name things, also under the POSIX locale."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C")
        started = start_broker(tmp_path / "Käfer mit Maß 🪲", progress=_quiet)
    kill_broker(started)
    assert (started.folder / "data" / "meta.properties").exists()


def test_a_folder_with_a_comma_is_refused(tmp_path: Path) -> None:
    """Kafka would take the path for two."""
    with pytest.raises(LocalError, match="the path has a comma; choose another folder"):
        start_broker(tmp_path / "a,b", progress=_quiet)


def test_a_layout_that_was_cut_short_starts_anew(tmp_path: Path) -> None:
    """A data folder without meta.properties should not stop the next start."""
    (tmp_path / "data" / "__cluster_metadata-0").mkdir(parents=True)
    started = start_broker(tmp_path, progress=_quiet)
    kill_broker(started)


def _start_owner(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _OWNER, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    return subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def _told_pid(owner: subprocess.Popen[str]) -> int:
    with owner.stdout or open(os.devnull) as lines:  # noqa: PTH123 - never: stdout is a pipe
        return int(lines.readline())
