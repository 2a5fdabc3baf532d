"""Owns an incident as it stands on Kafka: the examples published for real, and a packet that cites them.

Goes to: the tests of the sink, of the queries and of the commands.
"""

from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, Producer
from confluent_kafka import Message as KafkaMessage

from schemas.claims import Evidence
from schemas.codec import encode
from schemas.events import HEADER_TENANT, Alert
from schemas.identity import digest
from schemas.model import Message
from schemas.packets import Candidate, Packet
from sinks.proving import Original
from streams.evidence import Published, original_hash, original_text
from tests.schemas.examples import example
from wire.reader import Place

TENANT = "default"


def originals() -> dict[str, tuple[str, Published]]:
    """Evidence id to topic and message: all that the example packet cites."""
    found: dict[str, tuple[str, Published]] = {}
    for evidence in packet_example().evidence:
        message = example(evidence.topic)
        assert isinstance(message, Published)
        found[evidence.id] = (evidence.topic, message)
    found["e3"] = ("alerts", _second_alert())
    return found


def packet_example() -> Packet:
    """The committed example of a packet."""
    packet = example("context-packets")
    assert isinstance(packet, Packet)
    return packet


def _second_alert() -> Alert:
    first = example("alerts")
    assert isinstance(first, Alert)
    facts = {
        "name": "BookingErrorsHigh",
        "service": "booking-api",
        "severity": "error",
        "fingerprint": "a94b02f7c61d3e58",
        "source_ref": "alertmanager:a94b02f7c61d3e58@2026-11-02T09:42:05Z",
        "summary": "6 % of bookings fail",
        "value": "6 %",
        "starts_at": packet_example().failing[1].since,
        "original": "",
    }
    return first.model_copy(update=facts)


def send(bootstrap: str, records: Sequence[tuple[str, Message | bytes]], partition: int = 0) -> list[Place]:
    """Produce records to one partition and give their positions, in order."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 0})
    placed: dict[int, Place] = {}
    for number, (topic, message) in enumerate(records):
        value = message if isinstance(message, bytes) else encode(topic, message)
        producer.produce(
            topic,
            value,
            key=f"{TENANT}/{number}".encode(),
            partition=partition,
            headers={HEADER_TENANT: TENANT.encode()},
            on_delivery=_noting(placed, number),
        )
    assert 0 == producer.flush(30)
    return [placed[number] for number in range(len(records))]


def _noting(placed: dict[int, Place], number: int) -> Callable[[KafkaError | None, KafkaMessage], None]:
    def note(error: KafkaError | None, record: KafkaMessage) -> None:
        assert error is None, error
        placed[number] = Place(record.topic() or "", record.partition() or 0, record.offset() or 0)

    return note


def cite(places: dict[str, Place], name: str = "one") -> Packet:
    """The example packet, of a candidate of its own, citing the originals at these places."""
    packet, published = packet_example(), originals()
    evidence = tuple(
        _evidence(listed, places[listed.id], published[listed.id][1]) for listed in packet.evidence
    )
    return revise(packet.model_copy(update={"evidence": evidence}), name, packet.candidate.revision.number)


def _evidence(listed: Evidence, place: Place, message: Published) -> Evidence:
    return listed.model_copy(update={**place._asdict(), "content_hash": original_hash(message)})


def publish_originals(bootstrap: str) -> dict[str, Place]:
    """Publish everything that the example cites; evidence id to place."""
    listed = originals()
    places = send(bootstrap, list(listed.values()))
    return dict(zip(listed, places, strict=True))


def at_hand() -> tuple[dict[str, Place], dict[Place, Original]]:
    """Places made up, and the originals that stand there: the same without a broker."""
    places = {name: Place(topic, 0, number) for number, (name, (topic, _)) in enumerate(originals().items())}
    texts = {name: original_text(message) for name, (_, message) in originals().items()}
    return places, {places[n]: Original(texts[n], original_hash(m)) for n, (_, m) in originals().items()}


def revise(packet: Packet, name: str, number: int, **changes: object) -> Packet:
    """Another revision of the packet, of the candidate called `name`; `changes` go to the candidate."""
    candidate = packet.candidate
    identity = "c-" + digest("test", name)
    revision = candidate.revision.model_copy(
        update={"number": number, "offset": 1000 + number, "revision_id": digest("revision", name, number)}
    )
    proposals = tuple(
        p.model_copy(update={"candidate_id": identity, "proposal_id": "p-" + digest("proposal", name)})
        for p in candidate.proposals
    )
    ours = {"candidate_id": identity, "short_id": f"INC-{digest(name)[:6].upper()}", "revision": revision}
    changed: Candidate = candidate.model_copy(update={**ours, "proposals": proposals, **changes})
    return packet.model_copy(update={"candidate": changed})
