"""The gateway as a process: how it starts, how it ends, and what it says while Kafka does not answer."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from local.kafka import Broker, kill_broker, start_broker
from schemas.settings import KafkaSettings
from sources.serving import PORT_FILE
from tests.facts import eventually
from tests.sources.conftest import PARTITIONS
from tests.sources.running import address, gateway, of_tenant, settings_for, start
from tests.sources.test_alertmanager import alert, group
from wire.admin import ensure_topics

if TYPE_CHECKING:
    from subprocess import Popen


def ended(process: "Popen[str]") -> tuple[int, str]:
    """Exit code and what was written to stderr."""
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(broker: Broker, tmp_path: Path, sign: signal.Signals) -> None:
    """It should leave with code 0, and take the file with its port away."""
    process = start(settings_for(broker.bootstrap), tmp_path)
    address(process, tmp_path)
    process.send_signal(sign)
    assert ended(process)[0] == 0
    assert not (tmp_path / PORT_FILE).exists()


def test_a_port_in_use_is_one_line(broker: Broker, tmp_path: Path) -> None:
    """The line should name the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = ended(start(settings_for(broker.bootstrap, port=port), tmp_path))
    assert (1, 1) == (code, errors.count("\n"))
    assert errors.startswith(
        f"error: the gateway cannot listen on 127.0.0.1 port {port}: Address already in use; stop"
    )


def test_an_unreachable_broker_is_one_line(tmp_path: Path) -> None:
    """The line should name the address and what to do."""
    code, errors = ended(start(settings_for("127.0.0.1:1"), tmp_path))
    assert (1, 1) == (code, errors.count("\n"))
    assert errors.startswith("error: no Kafka broker answers at 127.0.0.1:1")


def test_while_kafka_stands_still_nothing_is_promised(tmp_path: Path) -> None:
    """503 when the time is over, 429 above the limit; once Kafka goes on, 202 and the records are there."""
    broker = start_broker(tmp_path / "kafka", progress=print)
    try:
        code, errors = ended(start(settings_for(broker.bootstrap), tmp_path))
        assert (1, 1) == (code, errors.count("\n")), "topics that are missing are one line"
        assert "has no topic alerts, deploys" in errors
        ensure_topics(KafkaSettings(bootstrap=broker.bootstrap, partitions=PARTITIONS))
        settings = settings_for(broker.bootstrap, ack_timeout_s=6.0, max_waiting=4)
        with gateway(settings, tmp_path) as client, ThreadPoolExecutor(4) as pool:
            assert _post(client, "before").status_code == 202
            os.kill(broker.pid, signal.SIGSTOP)
            waiting = [pool.submit(_post, client, f"during-{number}") for number in range(4)]
            refused = eventually(lambda: _busy(client), 6, "more than four wait")
            answers = [one.result() for one in waiting]
            assert client.get("/readyz").status_code == 503
            assert client.get("/healthz").status_code == 200
            os.kill(broker.pid, signal.SIGCONT)
            eventually(lambda: _post(client, "after").status_code == 202, 20, "Kafka is used again")
        assert refused.headers["retry-after"]
        assert {(503, "not_acknowledged")} == {(one.status_code, one.json()["error"]) for one in answers}
        assert {one.headers["retry-after"] for one in answers} == {refused.headers["retry-after"]}
        keys = {one.key() for one in of_tenant(broker.bootstrap, "alerts", "default")}
        assert {b"default/before", b"default/after"} <= keys
    finally:
        kill_broker(broker)


def _post(client: httpx.Client, service: str) -> httpx.Response:
    return client.post("/v1/alertmanager", json=group(alert(labels={"service": service})))


def _busy(client: httpx.Client) -> httpx.Response | None:
    answer = client.post("/v1/pager")
    return answer if answer.status_code == 429 else None
