"""Owns the layout of the cluster: which topics exist, with how many partitions and which settings.

Everything comes from `schemas.topics.TOPICS`. May not: read or write records, know what they mean.
Goes to: `incidents up`, every process at its start, and the tests.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from schemas.settings import KafkaSettings
from schemas.topics import FOR_EVER, TOPICS, Topic
from wire.errors import KafkaProblem, Unreachable
from wire.moving import when_settled

T = TypeVar("T")

MAX_RECORD_BYTES: Final = 1_048_576
"""Largest record that topics take: the largest value of the codec, and room for its key and headers."""
TIMEOUT_S: Final = 10.0
"""How long to wait for the broker before saying that it does not answer."""

_DAY_MS: Final = 86_400_000
_HELD: Final = ("cleanup.policy", "message.timestamp.type")
"""Settings that answers depend on: set back on a topic that somebody else made. Others are the operator's."""
_SAFE_REPLICATION: Final = 3
"""Copies from which on a write waits for two of them; with fewer, one lost broker would stop all writing."""
_EQUAL: Final = {
    "correlator-state": "signals",
    "audit": "audit-entries",
    "audit-checkpoints": "audit-entries",
}
"""Topics written partition by partition beside another one."""


def topic_settings(topic: Topic, replication: int) -> dict[str, str]:
    """The broker's settings for a topic of the catalogue: all values are texts, as the broker wants them."""
    kept = topic.kept_days if topic.kept_days == FOR_EVER else topic.kept_days * _DAY_MS
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(kept),
        "message.timestamp.type": "LogAppendTime" if topic.input else "CreateTime",
        "max.message.bytes": str(MAX_RECORD_BYTES),
        "min.insync.replicas": str(2 if replication >= _SAFE_REPLICATION else 1),
        "unclean.leader.election.enable": "false",
    }


def partitions_of(topic: Topic, settings: KafkaSettings) -> int:
    """How many partitions the topic is created with."""
    return 1 if topic.single_partition else settings.partitions


def ensure_topics(settings: KafkaSettings) -> dict[str, int]:
    """Create what is missing of the catalogue, and give the layout: topic to number of partitions.

    Doing it again, or from several processes at once, changes nothing. Raises KafkaProblem when no broker
    answers, when a topic cannot be created, or when the partitions of existing topics do not fit.
    """
    admin = _client(settings.bootstrap)
    there = _layout(admin, settings.bootstrap)
    _create(admin, settings, [topic for topic in TOPICS.values() if topic.name not in there])
    _hold_settings(admin, settings, [topic for topic in TOPICS.values() if topic.name in there])
    now = _whole_layout(admin, settings.bootstrap)
    refuse_mismatch(now, settings.partitions)
    # A new partition has no leader for a moment; whoever starts next may rely on every one to answer.
    end_offsets(settings.bootstrap, [(name, n) for name, count in now.items() for n in range(count)])
    return now


def layout(bootstrap: str) -> dict[str, int]:
    """The topics of the catalogue that exist, with their number of partitions. Raises Unreachable."""
    return _layout(_client(bootstrap), bootstrap)


def end_offsets(bootstrap: str, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The offset that the next record of each partition will get; waits while one has no leader.

    Raises Unreachable.
    """
    return _offsets(bootstrap, partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call] # published without types


def start_offsets(bootstrap: str, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The offset of the first record that each partition still holds, or its end; else as `end_offsets`."""
    return _offsets(bootstrap, partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call] # the same


def _offsets(
    bootstrap: str, partitions: Iterable[tuple[str, int]], spec: OffsetSpec
) -> dict[tuple[str, int], int]:
    asked = {TopicPartition(*where): spec for where in partitions}
    if not asked:
        return {}
    admin = _client(bootstrap)

    def ends() -> dict[tuple[str, int], int]:
        answers = admin.list_offsets(asked, request_timeout=TIMEOUT_S)
        return {(at.topic, at.partition): future.result().offset for at, future in answers.items()}

    return _asked(lambda: when_settled(ends), bootstrap)


def refuse_mismatch(there: Mapping[str, int], partitions: int) -> None:
    """Raise KafkaProblem when `signals` has another number of partitions than set, or twins are not equal."""
    signals = there.get("signals", partitions)
    if signals != partitions:
        raise KafkaProblem(
            f"signals has {signals} partitions and kafka.partitions is {partitions}: the number is fixed for "
            f"a cluster's life, since it decides where a scope is folded; set kafka.partitions to {signals}"
        )
    for name, like in _EQUAL.items():
        if there.get(name) != there.get(like):
            raise KafkaProblem(
                f"{name} has {there.get(name)} partitions and {like} has {there.get(like)}: "
                f"they must be equal; add partitions to the smaller one"
            )


def _client(bootstrap: str) -> AdminClient:
    # Failed connections are told once, by our own line.
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 500})


def _layout(admin: AdminClient, bootstrap: str) -> dict[str, int]:
    listed = _asked(lambda: admin.list_topics(timeout=TIMEOUT_S), bootstrap).topics
    return {name: len(listed[name].partitions) for name in TOPICS if name in listed}


def _whole_layout(admin: AdminClient, bootstrap: str) -> dict[str, int]:
    """The layout once a broker lists every topic: it hears of new ones a moment after their creation."""
    end = time.monotonic() + TIMEOUT_S
    while True:
        there = _layout(admin, bootstrap)
        missing = TOPICS.keys() - there.keys()
        if not missing:
            return there
        if time.monotonic() > end:
            raise KafkaProblem(
                f"{bootstrap} does not list {', '.join(sorted(missing))} after creating them; try again"
            )
        time.sleep(0.02)


def _create(admin: AdminClient, settings: KafkaSettings, topics: list[Topic]) -> None:
    if not topics:
        return
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=partitions_of(topic, settings),
            replication_factor=settings.replication,
            config=topic_settings(topic, settings.replication),
        )
        for topic in topics
    ]
    futures = admin.create_topics(wanted, operation_timeout=TIMEOUT_S, request_timeout=TIMEOUT_S)
    for name, future in futures.items():
        _created(name, future.result, settings.bootstrap)


def _created(name: str, result: Callable[[], object], bootstrap: str) -> None:
    try:
        result()
    except KafkaException as error:
        told = error.args[0]
        if told.code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise KafkaProblem(f"topic {name} cannot be created at {bootstrap}: {told.str()}") from error


def _hold_settings(admin: AdminClient, settings: KafkaSettings, topics: list[Topic]) -> None:
    """Set back the settings that answers depend on, where an existing topic differs."""
    resources = [ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics]
    if not resources:
        return
    described = admin.describe_configs(resources, request_timeout=TIMEOUT_S)
    wrong = []
    for resource, future in described.items():
        wanted = topic_settings(TOPICS[resource.name], settings.replication)
        there = _asked(future.result, settings.bootstrap)
        differing = [name for name in _HELD if there[name].value != wanted[name]]
        if differing:
            wrong.append(_correction(resource.name, {name: wanted[name] for name in differing}))
    for future in admin.incremental_alter_configs(wrong).values() if wrong else ():
        _asked(future.result, settings.bootstrap)


def _correction(name: str, wanted: Mapping[str, str]) -> ConfigResource:
    entries = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in wanted.items()
    ]
    return ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)


def _asked(question: Callable[[], T], bootstrap: str) -> T:
    try:
        return question()
    except KafkaException as error:
        raise Unreachable(bootstrap, _word(error.args[0])) from error


def _word(error: Any) -> str:  # noqa: ANN401 - KafkaError has no base type of its own
    return str(error.str() if isinstance(error, KafkaError) else error).splitlines()[0][:200]
