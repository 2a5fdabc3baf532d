"""The query agent on a real Kafka with a real audit log: on record before it leaves, asked once, counted once."""

import threading
from collections.abc import Iterator

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
from schemas.times import HOUR, MINUTE, SECOND
from tests.agents.asked import TENANT, Odd, now, odd, packet_at, says, settings_of
from tests.agents.audited import lines_of
from tests.brokers import laid_out
from tests.facts import eventually
from wire import recorded
from wire.lag import LagWatch
from wire.recorded import NotRecorded
from wire.tail import read_tail

_BODY = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": []}]}}


@pytest.fixture(scope="module", name="kafka")
def _kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker for this module."""
    with laid_out(tmp_path_factory.mktemp("querier"), 1) as kafka:
        yield kafka


@pytest.fixture(scope="module", name="key_file")
def _key_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the one key of the log is."""
    return str(tmp_path_factory.mktemp("key") / "audit.key")


@pytest.fixture(name="audited")
def _audited(kafka: KafkaSettings, key_file: str) -> Iterator[None]:
    """An auditor at work."""
    auditor = Auditor(Settings(kafka=kafka, audit=AuditSettings(key_file=key_file)), "test")
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            auditor.step()

    working = threading.Thread(target=work)
    working.start()
    yield
    stop.set()
    working.join()
    auditor.close()


@pytest.fixture(name="server")
def _server() -> Iterator[Odd]:
    """Something that answers like Prometheus, and remembers what it was asked."""
    with odd(says(200, orjson.dumps(_BODY))) as server:
        yield server


def _configured(kafka: KafkaSettings, url: str) -> Settings:
    return settings_of(url).model_copy(update={"kafka": kafka})


def _send(kafka: KafkaSettings, packet: Packet) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    producer.produce("context-packets", encode("context-packets", packet), key=b"x")
    assert 0 == producer.flush(60)


def _answers(kafka: KafkaSettings, packet: Packet) -> list[Answer]:
    stored = read_tail(kafka.bootstrap, "answers", 0, lambda _: False)
    found = [decode("answers", message.value()) for message in stored]
    name = packet.candidate.candidate_id
    return [one for one in found if isinstance(one, Answer) and one.candidate_id == name]


def _decisions(kafka: KafkaSettings, packet: Packet) -> list[AuditEntry]:
    found = [decode("audit-entries", line.entry) for line in lines_of(kafka, 0)]
    name = packet.candidate.candidate_id
    return [one for one in found if isinstance(one, AuditEntry) and one.subject == name]


def _ask(querier: Querier) -> int:
    asked = [0]

    def done() -> bool:
        asked[0] += querier.step()
        return asked[0] > 0

    eventually(done, 60, "something was asked")
    return asked[0]


@pytest.mark.usefixtures("audited")
def test_what_is_asked_is_on_record_before_and_after_and_published_once(
    kafka: KafkaSettings, server: Odd
) -> None:
    """The expressions first, the outcomes with their hashes after; the same packet asks nothing anew."""
    packet = packet_at(now() - MINUTE)
    querier = Querier(_configured(kafka, server.url), "test")
    _send(kafka, packet)
    asked = _ask(querier)
    answers = _answers(kafka, packet)
    assert asked == len(answers) == len(server.asked) > 2
    asking, told = _decisions(kafka, packet)
    assert (["asking", "asked"], TENANT) == ([asking.decision, told.decision], asking.tenant)
    assert {answer.answer_id: answer.query for answer in answers} == asking.details
    assert all("sha256" in detail for detail in told.details.values())
    assert querier.due(packet, now()) is None
    querier.close()


@pytest.mark.usefixtures("audited")
def test_it_tells_how_much_waits(kafka: KafkaSettings, server: Odd) -> None:
    """A packet that has come waits, and does so no more once it was handled."""
    querier = Querier(_configured(kafka, server.url), "test")
    lag = LagWatch(kafka.bootstrap, querier.positions)
    before = lag.ask()["context-packets", "0"]
    _send(kafka, packet_at(now() - MINUTE, "waits"))
    assert before + 1 == lag.ask()["context-packets", "0"]
    _ask(querier)
    assert {("context-packets", "0"): 0.0} == lag.ask()
    lag.close()
    querier.close()


@pytest.mark.usefixtures("audited")
def test_after_a_restart_nothing_is_asked_twice(kafka: KafkaSettings, server: Odd) -> None:
    """What stands among the answers is known; the packet comes by again, and is passed over."""
    packet = packet_at(now() - 2 * MINUTE, "cart")
    first = Querier(_configured(kafka, server.url), "test")
    _send(kafka, packet)
    asked = _ask(first)
    first.close()
    second = Querier(_configured(kafka, server.url), "test")
    assert second.due(packet, now()) is None
    eventually(lambda: second.step() == 0, 60, "it has read what is there")
    assert asked == len(server.asked)
    second.close()


@pytest.mark.usefixtures("audited")
def test_after_some_minutes_the_same_is_asked_once_more(kafka: KafkaSettings, server: Odd) -> None:
    """Another window has other names; after that nothing more."""
    packet = packet_at(now() - 10 * MINUTE, "ledger")
    querier = Querier(_configured(kafka, server.url), "test")
    early = querier.due(packet, now())
    revision = packet.candidate.revision.model_copy(update={"at": packet.candidate.opened_at + 300 * SECOND})
    candidate = packet.candidate.model_copy(update={"revision": revision})
    later = querier.due(packet.model_copy(update={"candidate": candidate}), now())
    assert early is not None
    assert later is not None
    names = [{query.about.answer_id for query in due.queries} for due in (early, later)]
    assert set() == names[0] & names[1]
    ends = [{query.about.closes for query in due.queries} for due in (early, later)]
    assert [{packet.candidate.opened_at}, {packet.candidate.opened_at + 300 * SECOND}] == ends
    querier.close()


def test_what_cannot_be_put_on_record_is_not_asked(
    kafka: KafkaSettings, server: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an auditor the process fails, the source hears nothing, and nothing is published."""
    monkeypatch.setattr(recorded, "WAIT_S", 2.0)
    packet = packet_at(now() - 3 * MINUTE, "frontend")
    querier = Querier(_configured(kafka, server.url), "test")
    _send(kafka, packet)
    with pytest.raises(NotRecorded):
        eventually(lambda: querier.step() > 0, 60, "it tries to ask")
    querier.close()
    assert ([], []) == (server.asked, _answers(kafka, packet))


def test_what_is_old_a_replay_or_of_a_tenant_without_a_source_is_not_asked_about(
    kafka: KafkaSettings, server: Odd
) -> None:
    """Their packets say so instead."""
    querier = Querier(_configured(kafka, server.url), "test")
    packet = packet_at(now() - MINUTE, "billing")
    assert querier.due(packet, now()) is not None
    assert querier.due(packet, now() + HOUR) is None
    for tenant in ("replay-x", "another"):
        candidate = packet.candidate.model_copy(update={"tenant": tenant})
        assert querier.due(packet.model_copy(update={"candidate": candidate}), now()) is None
    querier.close()
