"""Topics: what the catalogue says is what the cluster has, and what does not fit is refused in one line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, ResourceType

from local.kafka import kill_broker, start_broker
from schemas.settings import KafkaSettings
from schemas.topics import INPUT_TOPICS, TOPICS
from tests.facts import eventually
from wire import admin
from wire.errors import KafkaProblem, Unreachable


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker on which somebody had already made two topics in their own way."""
    broker = start_broker(tmp_path_factory.mktemp("admin"), progress=print)
    client = AdminClient({"bootstrap.servers": broker.bootstrap})
    made = [NewTopic("alerts", 5, 1, config={"retention.ms": "1000000"}), NewTopic("elsewhere", 1, 1)]
    for future in client.create_topics(made).values():
        future.result()
    yield broker.bootstrap
    kill_broker(broker)


@pytest.fixture(scope="module")
def there(bootstrap: str) -> dict[str, int]:
    """The layout after the catalogue was created with 3 partitions."""
    return admin.ensure_topics(KafkaSettings(bootstrap=bootstrap, partitions=3))


def _settings_of(bootstrap: str, topic: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    client = AdminClient({"bootstrap.servers": bootstrap})
    described = client.describe_configs([resource])[resource].result()
    return {name: entry.value for name, entry in described.items()}


def test_empty_cluster_gets_every_topic(there: dict[str, int]) -> None:
    """Every topic of the catalogue should exist, an existing input topic with the partitions that it had."""
    assert {name: 5 if name == "alerts" else 3 for name in TOPICS} == there


def test_doing_it_again_changes_nothing(bootstrap: str, there: dict[str, int]) -> None:
    """A second creation should give the same layout."""
    assert there == admin.ensure_topics(KafkaSettings(bootstrap=bootstrap, partitions=3))
    assert there == admin.layout(bootstrap)


def test_a_broker_that_starts_again_is_waited_for(tmp_path: Path) -> None:
    """A broker is asked as soon as it listens: partitions that it has not taken up yet should be waited for."""
    settings = KafkaSettings(bootstrap="", partitions=4)
    for _ in range(2):
        broker = start_broker(tmp_path, progress=print)
        try:
            here = settings.model_copy(update={"bootstrap": broker.bootstrap})
            assert set(TOPICS) == set(admin.ensure_topics(here))
        finally:
            kill_broker(broker)


@pytest.mark.usefixtures("there")
def test_created_topics_have_the_settings_of_the_catalogue(bootstrap: str) -> None:
    """The broker should report what the catalogue says, for every topic that we created."""
    for topic in TOPICS.values():
        if topic.name != "alerts":
            wanted = admin.topic_settings(topic, replication=1)
            reported = _settings_of(bootstrap, topic.name)
            assert wanted == {name: reported[name] for name in wanted}


@pytest.mark.usefixtures("there")
def test_a_topic_made_by_others_keeps_its_retention_but_gets_the_brokers_time_stamps(bootstrap: str) -> None:
    """What answers depend on should be set back; what the operator may choose should stay."""
    wanted = {"message.timestamp.type": "LogAppendTime", "retention.ms": "1000000"}
    eventually(
        lambda: wanted.items() <= _settings_of(bootstrap, "alerts").items(), 10, "the broker has heard of it"
    )


@pytest.mark.usefixtures("there")
def test_another_number_of_signals_partitions_is_refused(bootstrap: str) -> None:
    """The refusal should be one line that names both numbers."""
    with pytest.raises(KafkaProblem, match=r"^signals has 3 partitions and kafka\.partitions is 4: .* to 3$"):
        admin.ensure_topics(KafkaSettings(bootstrap=bootstrap, partitions=4))


@pytest.mark.usefixtures("there")
def test_an_audit_log_with_more_partitions_than_its_entries_is_refused(bootstrap: str) -> None:
    """A twin topic that grew alone should be named."""
    client = AdminClient({"bootstrap.servers": bootstrap})
    client.create_partitions([NewPartitions("audit-entries", 4)])["audit-entries"].result()
    with pytest.raises(KafkaProblem, match="audit has 3 partitions and audit-entries has 4"):
        admin.ensure_topics(KafkaSettings(bootstrap=bootstrap, partitions=3))


def test_no_broker_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where nothing listens should give one line that says what to do."""
    monkeypatch.setattr(admin, "TIMEOUT_S", 0.5)
    with pytest.raises(Unreachable, match=r"^no Kafka broker answers at 127\.0\.0\.1:9 .*kafka\.bootstrap"):
        admin.layout("127.0.0.1:9")


def test_more_replicas_than_brokers_is_said_in_one_line(kafka: str) -> None:
    """A replication that one broker cannot hold should be told with the topic's name."""
    with pytest.raises(KafkaProblem, match=r"^topic \S+ cannot be created at .*replication"):
        admin.ensure_topics(KafkaSettings(bootstrap=kafka, partitions=1, replication=3))


def test_three_replicas_need_two_in_sync() -> None:
    """A replicated topic should not take a write that only one broker has."""
    assert "2" == admin.topic_settings(TOPICS["audit"], replication=3)["min.insync.replicas"]


def test_input_topics_take_the_brokers_time() -> None:
    """Every input topic should be stamped by the broker, and no other."""
    stamped = {n for n, t in TOPICS.items() if "LogAppendTime" in admin.topic_settings(t, 1).values()}
    assert set(INPUT_TOPICS) == stamped
