"""The trace of a delivery through the whole system, as a real receiver of OTLP over HTTP has it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.request import Request, urlopen

import pytest
from confluent_kafka import Consumer, TopicPartition

from sources.recording import deliveries, script
from tests.endtoend.whole import EXAMPLE, Whole, exported, running_whole
from tests.facts import eventually
from tests.spans import Receiver, Told, receiving

_TRACE, _SENDER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_WAIT_S = 60.0
_SETTLE_S = 120.0


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """One receiver for all of them."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def traced(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A system that sends its spans there."""
    folder = tmp_path_factory.mktemp("traced")
    settings = folder / "settings.toml"
    settings.write_text(f'[tracing]\nendpoint = "{receiver.url}"\n', "utf-8")
    with running_whole(folder, "--settings", str(settings), "--workers", "1") as system:
        yield system


def _post(whole: Whole, fingerprint: str, traceparent: str | None = None) -> int:
    alert = {
        "status": "firing",
        "labels": {"alertname": "HighErrorRate", "service": fingerprint, "severity": "critical"},
        "annotations": {"summary": "5xx above 2 %"},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": fingerprint,
    }
    sender = {"version": "4", "groupKey": "x", "receiver": "x", "externalURL": "http://am.example"}
    none: dict[str, object] = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}}
    body = json.dumps({**sender, **none, "status": "firing", "alerts": [alert]}).encode()
    headers = {"content-type": "application/json"} | ({"traceparent": traceparent} if traceparent else {})
    request = Request(f"{whole.status.gateway}/v1/alertmanager", body, headers)  # noqa: S310 - our own address
    with urlopen(request, timeout=10) as response:  # noqa: S310 - our own address
        return int(response.status)


def _headers(whole: Whole, topic: str) -> list[dict[str, str | bytes | None]]:
    """The headers of every record of a topic."""
    consumer = Consumer({"bootstrap.servers": whole.status.bootstrap, "group.id": "headers"})
    found = []
    for partition in consumer.list_topics(topic, 10).topics[topic].partitions:
        place = TopicPartition(topic, partition)
        first, end = consumer.get_watermark_offsets(place, 10)
        consumer.assign([TopicPartition(topic, partition, first)])
        while first < end:
            message = consumer.poll(10)
            assert message is not None
            first = (message.offset() or 0) + 1
            found.append(dict(message.headers() or ()))
    consumer.close()
    return found


def _one(spans: list[Told], name: str) -> Told:
    """The first span of a name to have begun; LookupError while none has ended."""
    found = [span for span in spans if span.name == name]
    if not found:
        raise LookupError(name)
    return found[0]


def _way(spans: list[Told]) -> tuple[Told, ...]:
    """The four steps; LookupError while one has not been told, since each process tells in its own time."""
    gateway, router, sink = (_one(spans, name) for name in ("gateway", "router", "sink"))
    (correlator,) = [span for span in spans if span.span == sink.parent] or [_one([], "correlator")]
    return gateway, router, correlator, sink


def test_a_webhooks_trace_leads_from_the_delivery_to_the_stored_packet(
    traced: Whole, receiver: Receiver
) -> None:
    """Each step should be the child of the one before it, the first of the sender's own span, and say where it was."""
    assert 202 == _post(traced, "traced-1", f"00-{_TRACE}-{_SENDER}-01")
    way = eventually(lambda: _way(receiver.of(_TRACE)), _WAIT_S, "the packet is stored, and every span told")
    gateway, router, correlator, sink = way
    assert "correlator" == correlator.name
    assert [_SENDER, gateway.span, router.span] == [gateway.parent, router.parent, correlator.parent]
    assert ["gateway", "worker-1", "worker-1", "sink"] == [
        span.process for span in (gateway, router, correlator, sink)
    ]
    assert 202 == gateway.facts["http.response.status_code"]
    assert ["alerts", "signals", "context-packets"] == [
        span.facts["messaging.destination.name"] for span in (router, correlator, sink)
    ]
    ((candidate, revision),) = traced.rows(
        "SELECT short_id, revision FROM candidates WHERE title LIKE '%traced-1%'"
    )
    assert {"incidents.candidate": candidate, "incidents.revision": revision} in correlator.events


def test_the_record_of_a_packet_carries_the_trace_on_to_its_consumers(
    traced: Whole, receiver: Receiver
) -> None:
    """A trace of its own where the sender names none; the header should name the span that cut the packet."""
    before = {span.trace for span in receiver.spans}
    assert 202 == _post(traced, "traced-2")

    def stored() -> Told:
        return _one([span for span in receiver.spans if span.trace not in before], "sink")

    sink = eventually(stored, _WAIT_S, "another trace is whole")
    carried = [str(headers.get("traceparent")) for headers in _headers(traced, "context-packets")]
    assert any(f"00-{sink.trace}-{sink.parent}-" in header for header in carried)


def test_traces_change_no_byte_of_what_comes_out(traced: Whole) -> None:
    """A recording through the traced system should give the export of the untraced process."""
    steps = list(script(deliveries(EXAMPLE / "events.jsonl"), EXAMPLE / "catalog.yaml"))
    traced.send(steps, "replay-traced")
    expected = exported(output.message for output in traced.in_process(steps, "replay-traced"))
    eventually(lambda: traced.export("replay-traced") == expected, _SETTLE_S, "the export is the same")
