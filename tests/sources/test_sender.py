"""Sending a recording: what arrives in Kafka is what in-process replay makes of the same recording."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from local.kafka import Broker
from schemas.times import SECOND
from schemas.topics import TICKED_TOPICS
from sources.catalogue import FORMATS
from sources.intake import take
from sources.recording import Delivery, Tick, deliveries, script, tick_records
from sources.sender import CannotSend, Target, send
from tests.sources.conftest import PARTITIONS
from tests.sources.running import REPLAY_TOKEN, content, gateway, headers, key_of, of_tenant, settings_for
from tests.sources.samples import AT, flag_event
from tests.sources.test_alertmanager import alert, group

Written = Counter[tuple[str, bytes | None, bytes, tuple[tuple[str, bytes], ...]]]


@pytest.fixture(scope="module")
def url(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running gateway."""
    with gateway(settings_for(broker.bootstrap), tmp_path_factory.mktemp("sender")) as running:
        yield str(running.base_url)


def at(seconds: int, source: str, body: object, **headers: str) -> Delivery:
    """A delivery some seconds into the recording."""
    return Delivery(AT + seconds * SECOND, source, headers, orjson.loads(orjson.dumps(body)))


RECORDED = [
    at(0, "alertmanager", group(alert(), "broken")),
    at(5, "nagios", {"a": 1}),
    at(
        12,
        "flagd",
        flag_event({"flags": {"a": {"defaultVariant": "off"}}}, {"flags": {"a": {"defaultVariant": "on"}}}),
    ),
    at(40, "github", {"zen": "x"}, **{"x-github-event": "ping"}),
    at(41, "github", {"nothing": True}),
]


def in_process(steps: Iterator[Delivery | Tick], tenant: str) -> Written:
    """What the same steps make without a gateway, on the input topics."""
    written: Written = Counter()
    for step in steps:
        if isinstance(step, Tick):
            outgoing = tick_records(tenant, step.at, dict.fromkeys(TICKED_TOPICS, PARTITIONS))
        elif step.source in FORMATS:
            intake = take(step.source, step.body, step.headers, step.received_at, tenant)
            outgoing = tuple(taken.record for taken in intake.published)
        else:
            continue
        written.update((one.topic, one.key, one.value, one.headers) for one in outgoing)
    return written


def in_kafka(bootstrap: str, tenant: str) -> Written:
    """What stands on the input topics."""
    return Counter(
        (topic, key_of(one), content(one), tuple(headers(one).items()))
        for topic in TICKED_TOPICS
        for one in of_tenant(bootstrap, topic, tenant)
    )


def test_a_recording_arrives_as_it_is_replayed_in_process(url: str, broker: Broker, tmp_path: Path) -> None:
    """Every record should be the same, and the counts should say what became of the deliveries."""
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("kind: System\nmetadata: {name: shop}\n---\na: [\n", "utf-8")
    target = Target(url, "replay-whole", REPLAY_TOKEN)
    seen: list[int] = []
    sent = send(
        script(RECORDED, catalog), target, lambda so_far: seen.append(so_far.deliveries + so_far.ticks)
    )
    assert (6, 4, AT + 41 * SECOND) == (sent.deliveries, sent.ticks, sent.reached)
    assert (3, 1, 3) == (sent.published, sent.ignored, sent.refused)
    assert {"nagios": 1} == sent.without_route
    assert list(range(1, 11)) == seen
    assert in_process(script(RECORDED, catalog), "replay-whole") == in_kafka(broker.bootstrap, "replay-whole")
    assert len(of_tenant(broker.bootstrap, "dead-letters", "replay-whole")) == 3


def test_the_beginning_of_a_real_recording_arrives_whole(
    shared_folder: Path, url: str, broker: Broker
) -> None:
    """A hundred recorded deliveries and their catalog should arrive as they are replayed in process."""
    folder = shared_folder / "evaluation" / "dev" / "itbench-2"
    recorded = list(deliveries(folder / "events.jsonl"))[:100]
    sent = send(script(recorded, folder / "catalog.yaml"), Target(url, "replay-real", REPLAY_TOKEN))
    assert (101, 0) == (sent.deliveries, sent.refused)
    assert in_process(script(recorded, folder / "catalog.yaml"), "replay-real") == in_kafka(
        broker.bootstrap, "replay-real"
    )


def test_a_wrong_token_is_one_line(url: str) -> None:
    """The error should say what the gateway said."""
    with pytest.raises(CannotSend, match=r"^the gateway answered 401: tenant replay-x needs its token"):
        send(script(RECORDED), Target(url, "replay-x", "wrong"))


def test_a_live_tenant_cannot_be_replayed_into(url: str) -> None:
    """The first tick should be refused, before anything is sent."""
    with pytest.raises(CannotSend, match="no replay tenant"):
        send(script(RECORDED), Target(url, "default", REPLAY_TOKEN))


def test_no_gateway_is_one_line() -> None:
    """The error should name the address."""
    with pytest.raises(CannotSend, match=r"^no gateway answers at http://127\.0\.0\.1:1/"):
        send(script(RECORDED), Target("http://127.0.0.1:1", "replay-x", REPLAY_TOKEN))
