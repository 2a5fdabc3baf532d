"""A sender that is too fast or too slow is told so, or cut off, and others are not kept waiting for it."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from local.kafka import Broker
from schemas.page_settings import PageSettings, ReaderSettings
from tests.sources.running import gateway, of_tenant, settings_for, sha
from tests.sources.test_alertmanager import alert, group
from tests.sources.test_gateway import REPLAY, replay

_SLOW_S = 3.0
_PER_S = 0.1


@pytest.fixture(scope="module")
def client(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway that takes three deliveries of a sender at once, and one in ten seconds after that."""
    anna = ReaderSettings(name="anna", token_sha256=sha("anna's"), tenants=("*",), feedback=True)
    settings = settings_for(broker.bootstrap, requests_per_s=_PER_S, slow_s=_SLOW_S).model_copy(
        update={"page": PageSettings(readers=(anna,))}
    )
    with gateway(settings, tmp_path_factory.mktemp("gateway")) as running:
        yield running


def test_a_sender_that_is_too_fast_hears_when_to_come_again_and_nothing_of_it_is_kept(
    client: httpx.Client, broker: Broker
) -> None:
    """429 with Retry-After, while another source of the same tenant goes on; what was answered 202 is in Kafka."""
    address = f"{replay('fast')}/alertmanager"
    answers = [client.post(address, json=group(alert()), headers=REPLAY) for _ in range(6)]
    codes = [answer.status_code for answer in answers]
    assert {202, 429} == set(codes)
    last = answers[-1]
    assert ("too_fast", True) == (last.json()["error"], 0 < int(last.headers["retry-after"]) <= 10)
    assert codes.count(202) == len(of_tenant(broker.bootstrap, "alerts", "replay-fast"))
    other = client.post(f"{replay('fast')}/grafana", json={}, headers=REPLAY)
    assert 429 != other.status_code


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"POST /v1/github HTTP/1.1\r\nhost: x\r\n", b""),
        (b"POST /v1/github HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{", b"HTTP/1.1 408"),
        (
            b"POST /v1/feedback HTTP/1.1\r\nhost: x\r\nauthorization: Bearer anna's\r\ncontent-length: 9\r\n\r\n{",
            b"HTTP/1.1 408",
        ),
    ],
    ids=["in its headers", "in its body", "in what a person says"],
)
def test_a_sender_that_is_too_slow_is_cut_off(client: httpx.Client, said: bytes, told: bytes) -> None:
    """A connection whose sender stops in the middle should end by itself; in the body it is told why."""
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=60) as slow:
        slow.sendall(said)
        assert _until_its_end(slow).startswith(told)


def test_a_delivery_over_the_size_is_413(client: httpx.Client) -> None:
    """More bytes than the limit should be refused, with the limit in words."""
    answer = client.post("/v1/gitlab", content=b"[" + b" " * 1_000_000 + b"]")
    assert (413, "too_large") == (answer.status_code, answer.json()["error"])


def _until_its_end(connection: socket.socket) -> bytes:
    heard = b""
    try:
        while piece := connection.recv(65_536):
            heard += piece
    except ConnectionResetError:
        pass
    return heard
