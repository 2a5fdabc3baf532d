"""Schemas at a registry's addresses: confluent-kafka's own client and deserialiser should need nothing else."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

from local.kafka import Broker
from schemas.codec import encode
from schemas.parsed import schema_text
from schemas.topics import TOPICS
from tests.schemas.examples import example
from tests.sources.running import REPLAY_TOKEN, content, gateway, of_tenant, settings_for
from tests.sources.test_alertmanager import alert, group

_FULL = sorted(
    name for name, topic in TOPICS.items() if topic.compatibility == "FULL_TRANSITIVE" and topic.version > 1
)
"""The topics of which old consumers are promised to read what is new, and that have changed."""


@pytest.fixture(scope="module")
def client(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a running gateway."""
    with gateway(settings_for(broker.bootstrap), tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def registry(client: httpx.Client) -> Iterator[SchemaRegistryClient]:
    """Confluent's client, pointed at the gateway."""
    with SchemaRegistryClient({"url": str(client.base_url)}) as confluent:
        yield confluent


def test_a_record_is_read_by_confluents_deserialiser(
    client: httpx.Client, registry: SchemaRegistryClient, broker: Broker
) -> None:
    """A record that the gateway wrote should be read by a consumer that knows only its address."""
    headers = {"authorization": f"Bearer {REPLAY_TOKEN}", "x-received-at": "2026-02-03T08:06:33Z"}
    client.post("/t/replay-registry/v1/alertmanager", json=group(alert()), headers=headers).raise_for_status()
    (record,) = of_tenant(broker.bootstrap, "alerts", "replay-registry")
    read = AvroDeserializer(registry)(content(record), SerializationContext("alerts", MessageField.VALUE))
    assert ("checkout", "HighErrorRate", "critical") == (read["service"], read["name"], read["severity"])


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_every_topic_is_read_by_confluents_deserialiser(registry: SchemaRegistryClient, topic: str) -> None:
    """The example of every topic should be read, and its schema be found under its subject."""
    value = encode(topic, example(topic))
    read = AvroDeserializer(registry)(value, SerializationContext(topic, MessageField.VALUE))
    assert set(read) == set(TOPICS[topic].model.model_fields)
    latest = registry.get_latest_version(f"{topic}-value")
    assert TOPICS[topic].schema_ids[TOPICS[topic].version] == latest.schema_id
    assert latest.schema.schema_str == schema_text(topic, TOPICS[topic].version)


@pytest.mark.parametrize("topic", _FULL)
def test_a_consumer_of_the_first_version_reads_what_is_written_today(
    registry: SchemaRegistryClient, broker: Broker, topic: str
) -> None:
    """With the oldest schema as its reader's it should get every field that it knows, with today's values."""
    producer = Producer({"bootstrap.servers": broker.bootstrap, "acks": "all"})
    producer.produce(topic, encode(topic, example(topic)), headers={"tenant": b"old-consumer"})
    assert 0 == producer.flush(60)
    (record,) = of_tenant(broker.bootstrap, topic, "old-consumer")
    context = SerializationContext(topic, MessageField.VALUE)
    first = AvroDeserializer(registry, schema_text(topic, min(TOPICS[topic].schema_ids)))
    old, today = first(content(record), context), AvroDeserializer(registry)(content(record), context)
    assert old.keys() <= today.keys()
    assert old == _known_to(old, today)


def _known_to(old: Any, today: Any) -> Any:  # noqa: ANN401 - any value of a record
    """Of today's value what an older reader has fields for."""
    if isinstance(old, dict) and isinstance(today, dict):
        return {name: _known_to(value, today[name]) for name, value in old.items()}
    if isinstance(old, list) and isinstance(today, list) and len(old) == len(today):
        return [_known_to(*pair) for pair in zip(old, today, strict=True)]
    return today


def test_confluents_client_finds_its_way_around(registry: SchemaRegistryClient) -> None:
    """Subjects, versions and compatibility should be told."""
    assert sorted(f"{topic}-value" for topic in TOPICS) == registry.get_subjects()
    assert registry.get_versions("alerts-value") == sorted(TOPICS["alerts"].schema_ids)
    assert registry.get_version("alerts-value", 1).schema_id == 1001
    assert registry.get_compatibility("audit-value") == "FULL_TRANSITIVE"
    assert registry.get_compatibility("alerts-value") == "BACKWARD_TRANSITIVE"


def test_confluents_client_hears_what_is_missing(registry: SchemaRegistryClient) -> None:
    """Unknown ids, subjects and versions should have the registry's own error codes."""
    for asked, code in (
        (lambda: registry.get_schema(77), 40403),
        (lambda: registry.get_versions("pager-value"), 40401),
        (lambda: registry.get_version("alerts-value", 99), 40402),
    ):
        with pytest.raises(SchemaRegistryError) as told:
            asked()
        assert code == told.value.error_code


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/schemas/types", ["AVRO"]),
        ("/schemas/ids/1001/subjects", ["alerts-value"]),
        ("/schemas/ids/1001/versions", [{"subject": "alerts-value", "version": 1}]),
        ("/config", {"compatibilityLevel": "FULL_TRANSITIVE"}),
        ("/mode", {"mode": "READONLY"}),
    ],
)
def test_other_addresses_of_a_registry_answer(client: httpx.Client, path: str, said: object) -> None:
    """What tools ask besides should be there."""
    assert said == client.get(path).json()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_registered(client: httpx.Client, method: str) -> None:
    """Schemas come from the repository alone."""
    assert client.request(method, "/subjects/alerts-value/versions").status_code == 405
