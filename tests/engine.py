"""Owns containers for tests: whether an engine answers, a broker and a database server of the official images.

Goes to: the fixtures of `tests/conftest.py` under `--containers`, and the tests of the containers.
"""

import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from local.ports import free_ports

MISSING = "no container engine can be started"
"""The reason of the skip where none answers; `.ci/services` starts one where that can be done."""
NO_IMAGE = "an image of another program cannot be pulled"
"""The reason of the skip where an engine answers, and no registry of images does."""
KAFKA_IMAGE, POSTGRES_IMAGE = "apache/kafka:4.3.1", "postgres:17"
_ANSWER_S, _START_S = 60, 120
_INSIDE, _OUTSIDE, _CONTROLLER = 19092, 9092, 9093


def answers() -> bool:
    """Whether an engine with the compose plugin takes commands."""
    return all(_succeeds(*command) for command in (("docker", "info"), ("docker", "compose", "version")))


def has_image(image: str) -> bool:
    """Whether an image is here, or can be pulled now."""
    return _succeeds("docker", "image", "inspect", image) or _succeeds("docker", "pull", "--quiet", image)


@contextmanager
def broker_container() -> Iterator[str]:
    """The bootstrap address of an empty broker in a container; it ends with the block."""
    with _testcontainers():
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - warns when imported
        from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415 - as above

        port = free_ports(1)[0]
        broker = DockerContainer(KAFKA_IMAGE).with_bind_ports(_OUTSIDE, port)
        broker.with_envs(**_broker_settings(port))
        broker.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(_START_S))
        with broker:
            yield f"127.0.0.1:{port}"


@contextmanager
def postgres_container() -> Iterator[str]:
    """The address of a Postgres server in a container, as its owner; it ends with the block."""
    with _testcontainers():
        from testcontainers.postgres import PostgresContainer  # noqa: PLC0415 - warns when imported

        with PostgresContainer(POSTGRES_IMAGE, driver=None) as server:
            yield server.get_connection_url()


@contextmanager
def _testcontainers() -> Iterator[None]:
    """Its own clearing-up container is one image more to pull: here every container ends with its block."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _broker_settings(port: int) -> dict[str, str]:
    """A single node that tells clients the port that it has on this machine, and itself one inside."""
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{_CONTROLLER}",
        "KAFKA_LISTENERS": f"OUTSIDE://:{_OUTSIDE},INSIDE://:{_INSIDE},CONTROLLER://:{_CONTROLLER}",
        "KAFKA_ADVERTISED_LISTENERS": f"OUTSIDE://127.0.0.1:{port},INSIDE://localhost:{_INSIDE}",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "OUTSIDE:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_TRANSACTION_MAX_TIMEOUT_MS": "60000",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_HEAP_OPTS": "-Xmx512M",
    }


def _succeeds(*command: str) -> bool:
    try:
        return 0 == subprocess.run(command, capture_output=True, timeout=_ANSWER_S, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
