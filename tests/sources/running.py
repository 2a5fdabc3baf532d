"""Owns a gateway as a process of its own, as it runs in production, and looking at what it wrote.

Goes to: the tests of the gateway and of the sender.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from schemas.settings import GatewaySettings, KafkaSettings, Settings, TenantSettings
from sources.serving import PORT_FILE
from tests.facts import eventually

TOKEN = "the-token-of-a-test"  # noqa: S105 - of a test
REPLAY_TOKEN = "the-replay-token-of-a-test"  # noqa: S105 - of a test
_PROGRAM = """
import sys
from pathlib import Path
from schemas.settings import Settings
from sources.serving import run_gateway
sys.exit(run_gateway(Settings.model_validate_json(sys.argv[1]), build="test", state=Path(sys.argv[2])))
"""
_START_S = 60
_WAIT_S = 60.0


def sha(token: str) -> str:
    """The hash under which settings know a token."""
    return sha256(token.encode()).hexdigest()


def settings_for(bootstrap: str, **gateway: float | str) -> Settings:
    """Two tenants, one with a token, and replay; the gateway on a free port."""
    return Settings(
        kafka=KafkaSettings(bootstrap=bootstrap),
        gateway=GatewaySettings.model_validate(
            {"port": 0, "replay_token_sha256": sha(REPLAY_TOKEN), **gateway}
        ),
        tenants=(TenantSettings(name="default"), TenantSettings(name="guarded", token_sha256=sha(TOKEN))),
    )


def start(settings: Settings, state: Path) -> "subprocess.Popen[str]":
    """The process, started."""
    command = [sys.executable, "-c", _PROGRAM, settings.model_dump_json(), str(state)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def address(process: "subprocess.Popen[str]", state: Path) -> str:
    """Where the gateway answers, once it does."""
    port = eventually((state / PORT_FILE).read_text, _START_S, "the gateway tells its port").strip()
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: process.poll() is not None or _answers(url), _START_S, "the gateway answers")
    return url


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


@contextmanager
def gateway(settings: Settings, state: Path) -> Iterator[httpx.Client]:
    """A client of a running gateway; the gateway is stopped in order at the end."""
    process = start(settings, state)
    try:
        with httpx.Client(base_url=address(process, state), timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=60)


def records(bootstrap: str, topic: str) -> list[Message]:
    """Every record of a topic up to its present end, by partition and offset."""
    client = {"bootstrap.servers": bootstrap, "group.id": "outside", "enable.auto.commit": False}
    consumer = Consumer({**client, "fetch.wait.max.ms": 10})
    try:
        known = consumer.list_topics(topic, timeout=_WAIT_S).topics[topic].partitions
        return [message for number in sorted(known) for message in _partition(consumer, topic, number)]
    finally:
        consumer.close()


def _partition(consumer: Consumer, topic: str, partition: int) -> Iterator[Message]:
    place = TopicPartition(topic, partition)
    _, stop = eventually(lambda: _ends(consumer, place), _WAIT_S, f"{topic}/{partition} has a leader")
    consumer.assign([TopicPartition(topic, partition, 0)])
    read = 0
    while read < stop:
        for message in consumer.consume(min(1000, stop - read), _WAIT_S):
            assert message.error() is None, message.error()
            read = (message.offset() or 0) + 1
            yield message


def _ends(consumer: Consumer, place: TopicPartition) -> tuple[int, int] | None:
    """Its first and its next offset; none while a broker that stood still is no leader again yet."""
    try:
        return consumer.get_watermark_offsets(place, timeout=_WAIT_S)
    except KafkaException:
        return None


def content(message: Message) -> bytes:
    """The value of a record that has one."""
    return _bytes(message.value())


def of_tenant(bootstrap: str, topic: str, tenant: str) -> list[Message]:
    """The records of one tenant, by their header."""
    return [
        message for message in records(bootstrap, topic) if headers(message).get("tenant") == tenant.encode()
    ]


def headers(message: Message) -> dict[str, bytes]:
    """The headers of a record by name."""
    return {name: _bytes(value) for name, value in dict(message.headers() or ()).items()}


def key_of(message: Message) -> bytes:
    """The key of a record that has one."""
    return _bytes(message.key())


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value
