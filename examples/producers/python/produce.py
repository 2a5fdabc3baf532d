# ruff: noqa: INP001 - a program by itself, in no package
"""Produces one alert and one deploy straight to the input topics, in Avro, as one transaction.

    python produce.py --bootstrap 127.0.0.1:9092 --registry http://127.0.0.1:8080 --service checkout

Needs confluent-kafka[avro,schemaregistry]. The gateway serves the schemas at a registry's own addresses, read-only, so
the serialiser registers nothing and takes the newest. With --json the values are JSON instead, and no schema is needed.
"""

import argparse
import json
import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

_TIMEOUT_S = 30
_READ_ONLY = {"auto.register.schemas": False, "use.latest.version": True}


def alert_of(service: str, environment: str, at: int) -> dict[str, Any]:
    """Only the fields that have a meaning here; the schema's defaults stand for the others. `at` in microseconds."""
    return {
        "source": "own-monitor",
        # Firing and resolved are the same alert: the same fingerprint and the same start.
        "source_ref": f"own-monitor:errors-{service}@{at}",
        "fingerprint": f"errors-{service}",
        "name": "ErrorRateHigh",
        "status": "firing",
        "severity": "critical",
        "service": service,
        "environment": environment,
        "summary": "more than 5% of the requests fail",
        "starts_at": at,
    }


def deploy_of(service: str, environment: str, at: int) -> dict[str, Any]:
    """A change has a name in its own tool: written again, it is the same change. `at` in microseconds."""
    return {
        "kind": "deploy",
        "source": "own-deployer",
        "source_ref": f"own-deployer:{service}/{at // 1_000_000}",
        "target": f"service/{service}",
        "service": service,
        "environment": environment,
        "title": f"deploy of {service} v2",
        "after": "v2",
        "effective_at": at,
    }


def avro_value(registry: SchemaRegistryClient, topic: str, fields: Mapping[str, Any]) -> bytes:
    """The value in Confluent's wire format, under the newest schema of the topic."""
    serialise = AvroSerializer(registry, conf=_READ_ONLY)
    value: bytes | None = serialise(dict(fields), SerializationContext(topic, MessageField.VALUE))
    if value is None:
        raise ValueError(f"nothing to write to {topic}")
    return value


def main() -> None:
    """Write both records, all or none."""
    said = _arguments()
    now = time.time_ns() // 1000
    values = {
        "deploys": deploy_of(said.service, said.environment, now - 120_000_000),
        "alerts": alert_of(said.service, said.environment, now),
    }
    headers: list[tuple[str, str | bytes | None]] = [("tenant", said.tenant)]
    if said.json:
        headers.append(("content-type", "application/json"))
    producer = Producer(
        {
            "bootstrap.servers": said.bootstrap,
            "compression.type": said.compression,
            "transactional.id": f"own-producer-python-{said.service}",
        }
    )
    producer.init_transactions(_TIMEOUT_S)
    producer.begin_transaction()
    with SchemaRegistryClient({"url": said.registry}) as registry:
        for topic, fields in values.items():
            value = json.dumps(fields).encode() if said.json else avro_value(registry, topic, fields)
            producer.produce(topic, value, headers=headers)  # the key may stay empty
    producer.commit_transaction(_TIMEOUT_S)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Produce an alert and a deploy to the input topics.")
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="host:port of a broker")
    parser.add_argument("--registry", default="http://127.0.0.1:8080", help="address of the gateway")
    parser.add_argument("--tenant", default="default", help="tenant, as the settings declare it")
    parser.add_argument("--service", default="checkout", help="what is deployed, and fails")
    parser.add_argument("--environment", default="production", help="where")
    parser.add_argument("--compression", default="zstd", help="none, gzip, snappy, lz4 or zstd")
    parser.add_argument("--json", action="store_true", help="JSON values in place of Avro")
    return parser.parse_args()


if __name__ == "__main__":
    main()
