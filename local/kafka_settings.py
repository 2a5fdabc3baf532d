"""Owns the embedded broker's server.properties.

May not: do I/O. Goes to: `local.kafka`, which writes the text. Per-topic settings belong to the topic
catalogue, not here.
"""

from collections.abc import Mapping
from pathlib import Path

_MB = 1024 * 1024

_FIXED: Mapping[str, str | int] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # A mistyped topic name is an error, not a new topic.
    "auto.create.topics.enable": "false",
    "num.partitions": 1,
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.num.partitions": 4,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "transaction.max.timeout.ms": 60_000,
    # Saves 3 s whenever a consumer group starts.
    "group.initial.rebalance.delay.ms": 0,
    # A killed broker may come back when its old registration has run out: 9 s by default.
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 2_000,
    "group.min.session.timeout.ms": 1_000,
    # One machine, few partitions: small files, few threads, a cleaner that fits the heap.
    "log.segment.bytes": 64 * _MB,
    "log.index.size.max.bytes": _MB,
    "log.retention.check.interval.ms": 30_000,
    "log.cleaner.dedupe.buffer.size": 16 * _MB,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
}


def _escaped(value: str) -> str:
    """As a properties file takes a text: Latin-1 at most, everything else as UTF-16 escapes."""
    units = value.encode("utf-16-be").hex()
    escapes = (f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return value if value.isascii() and "\\" not in value else "".join(escapes)


def broker_settings(data: Path, client_port: int, controller_port: int, host: str) -> str:
    """The text of server.properties for a single node that keeps its data in `data`."""
    client, controller = f"{host}:{client_port}", f"{host}:{controller_port}"
    settings = {
        **_FIXED,
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{client},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{client}",
        "log.dirs": _escaped(str(data)),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
