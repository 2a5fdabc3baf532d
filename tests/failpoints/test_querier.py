"""The query agent at each of its steps: killed, failing and delayed there, it asks on record, and each counts once."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from confluent_kafka import Producer

from agents.auditor import Auditor
from agents.querier import Querier
from schemas.answers import Answer
from schemas.audit import AuditEntry
from schemas.codec import decode, encode
from schemas.packets import Packet
from schemas.settings import AuditSettings, KafkaSettings, Settings
from schemas.times import MINUTE
from streams.queries import queries_of
from tests.agents.asked import Odd, now, odd, packet_at, says, settings_of
from tests.agents.audited import lines_of
from tests.brokers import laid_out
from tests.facts import eventually
from tests.failpoints.running import Stage
from tests.failpoints.steps import FAULTS, QUERIER, Step
from wire.tail import read_tail

_PATIENCE_S = 40.0
_BODY = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": []}]}}


class Asked:
    """A Prometheus that looks, whenever it is asked, whether that stands in the audit log."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.off_record: list[str] = []
        self._kafka, self._say = kafka, says(200, orjson.dumps(_BODY))

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers, and notes a query that is on no record."""
        (query,) = parse_qs(urlsplit(handler.path).query)["query"]
        intents = (entry for entry in _entries(self._kafka) if entry.decision == "asking")
        if not any(query in intent.details.values() for intent in intents):
            self.off_record.append(query)
        self._say(handler)


@pytest.fixture(scope="module", name="kafka")
def _kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker for this module, with an auditor at work on it."""
    folder = tmp_path_factory.mktemp("querier")
    with laid_out(folder / "kafka", 1) as kafka:
        auditor = Auditor(Settings(kafka=kafka, audit=AuditSettings(key_file=str(folder / "key"))), "test")
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                auditor.step()

        working = threading.Thread(target=work)
        working.start()
        yield kafka
        stop.set()
        working.join()
        auditor.close()


@pytest.fixture(name="source")
def _source(kafka: KafkaSettings) -> Asked:
    """Whom to ask."""
    return Asked(kafka)


@pytest.fixture(name="server")
def _server(source: Asked) -> Iterator[Odd]:
    """Its address."""
    with odd(source.answer) as server:
        yield server


def _configured(kafka: KafkaSettings, server: Odd) -> Settings:
    return settings_of(server.url, per_minute=10_000).model_copy(update={"kafka": kafka})


@pytest.mark.parametrize("step", QUERIER, ids=lambda step: step.name.replace(" ", "-"))
def test_a_fault_at_any_step_of_the_querier_leaves_each_answer_and_nothing_asked_off_record(
    step: Step, kafka: KafkaSettings, source: Asked, server: Odd, tmp_path: Path
) -> None:
    """After a kill, an error and a delay at the step, each with a packet of its own in hand.

    Every query of the packets should have an answer, whose repeats have its name and say the same; none should have
    left that no audit entry names.
    """
    settings = _configured(kafka, server)
    stage = Stage("querier", settings, tmp_path)
    packets = [packet_at(now() - MINUTE, f"s{QUERIER.index(step)}-{fault}") for fault in FAULTS]
    due = {query.about.answer_id for packet in packets for query in queries_of(packet, settings.querier)}
    for fault, packet in zip(FAULTS, packets, strict=True):
        _send(kafka, packet)
        with stage.faulty(step, fault, packet.candidate.candidate_id.encode()):
            if fault == FAULTS[-1]:
                eventually(lambda: due <= _answered(kafka).keys(), _PATIENCE_S, "everything is answered")
    assert [] == source.off_record
    answered = _answered(kafka)
    assert all(1 == len(answered[name]) for name in due), "an answer that came twice says two things"


def test_two_queriers_ask_twice_on_record_and_one_answer_counts(
    kafka: KafkaSettings, source: Asked, server: Odd
) -> None:
    """Both should put on record what they ask, and publish under the same names, by which the fold counts one."""
    packet = packet_at(now() - MINUTE, "twins")
    settings = _configured(kafka, server)
    twins = [Querier(settings, "test"), Querier(settings, "test")]
    _send(kafka, packet)
    for twin in twins:
        eventually(lambda: twin.step() > 0, _PATIENCE_S, "it has asked")  # noqa: B023 - asked at once
        twin.close()
    due = [query.about.answer_id for query in queries_of(packet, settings.querier)]
    assert (2 * len(due), []) == (len(server.asked), source.off_record)
    names = [one.answer_id for one in _answers(kafka)]
    assert [2] * len(due) == [names.count(name) for name in due]
    assert all(1 == len(_answered(kafka)[name]) for name in due)


def _send(kafka: KafkaSettings, packet: Packet) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    producer.produce("context-packets", encode("context-packets", packet), key=b"x")
    assert 0 == producer.flush(60)


def _entries(kafka: KafkaSettings) -> list[AuditEntry]:
    found = [decode("audit-entries", line.entry) for line in lines_of(kafka, 0)]
    return [one for one in found if isinstance(one, AuditEntry)]


def _answers(kafka: KafkaSettings) -> list[Answer]:
    stored = read_tail(kafka.bootstrap, "answers", 0, lambda _: False)
    found = [decode("answers", message.value()) for message in stored]
    return [one for one in found if isinstance(one, Answer)]


def _answered(kafka: KafkaSettings) -> dict[str, set[str]]:
    """By name of a query what its answers say."""
    said: dict[str, set[str]] = {}
    for one in _answers(kafka):
        said.setdefault(one.answer_id, set()).add(one.model_dump_json(exclude={"asked_at"}))
    return said
