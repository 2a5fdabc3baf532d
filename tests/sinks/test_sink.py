"""The sink on real Kafka: what packets cite is copied and proven, and what is wrong is told beside it."""

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from sqlalchemy import select

from schemas.claims import Claim
from schemas.settings import Settings
from sinks.tables import CLAIMS, DEAD_LETTERS, EVIDENCE, ORIGINALS, PACKETS
from streams.evidence import original_hash
from tests.sinks.driven import rows_of, send_packets, stored
from tests.sinks.published import cite, originals, revise, send
from wire.reader import Place


def test_a_packet_is_stored_with_its_originals_and_proofs(
    configured: Settings, places: dict[str, Place]
) -> None:
    """Every claim should be proven by originals that stand in the tables with their hashes."""
    packet = cite(places, "proven")
    send_packets(configured, [packet])
    stored(configured)
    ours = EVIDENCE.c.candidate_id == packet.candidate.candidate_id
    joined = select(EVIDENCE.c.evidence_id, ORIGINALS.c.original).join_from(
        EVIDENCE, ORIGINALS, EVIDENCE.c.original_hash == ORIGINALS.c.content_hash
    )
    found: dict[str, str] = dict(map(tuple, rows_of(configured, joined.where(ours))))
    written = {name: getattr(message, "original", "") for name, (_, message) in originals().items()}
    assert {name: text for name, text in written.items() if text} == {
        name: text for name, text in found.items() if name not in {"e3", "e7"}
    }
    assert '"booking-api"' in str(found["e3"])
    claims = rows_of(
        configured,
        select(CLAIMS.c.proven, CLAIMS.c.unproven).where(
            CLAIMS.c.candidate_id == packet.candidate.candidate_id
        ),
    )
    assert [(True, "[]")] * len(list(packet.claims())) == claims


def test_a_claim_that_its_original_does_not_state_is_marked(
    configured: Settings, places: dict[str, Place]
) -> None:
    """A value that stands in no cited original should be named, and the packet still be stored."""
    packet = cite(places, "unproven")
    invented = Claim(text="it was raining", values=("fare-engine", "rain"), evidence=("e1",))
    packet = packet.model_copy(update={"draft": (invented,)})
    send_packets(configured, [packet])
    stored(configured)
    marked = select(CLAIMS.c.text, CLAIMS.c.unproven).where(CLAIMS.c.proven.is_(False))
    assert [("it was raining", '["rain"]')] == rows_of(configured, marked)


def test_an_original_that_is_gone_is_told_and_the_packet_stays(
    configured: Settings, places: dict[str, Place]
) -> None:
    """A never written and an exchanged position should give the reason; a trimmed one also its kept copy."""
    bootstrap = configured.kafka.bootstrap
    deploy = send(bootstrap, [("deploys", originals()["e4"][1])], partition=1)[0]
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.delete_records([TopicPartition(*deploy[:2], deploy.offset + 1)]).values():
        future.result()
    beyond = Place("alerts", 0, 99_999)
    packet = cite({**places, "e1": beyond, "e3": places["e1"], "e4": deploy}, "gone")
    send_packets(configured, [packet])
    stored(configured)
    rows = select(EVIDENCE.c.evidence_id, EVIDENCE.c.missing, EVIDENCE.c.verified).where(
        EVIDENCE.c.candidate_id == packet.candidate.candidate_id, EVIDENCE.c.missing != ""
    )
    answers = {str(name): (str(missing), verified) for name, missing, verified in rows_of(configured, rows)}
    assert {"e1", "e3", "e4"} == answers.keys()
    assert (("beyond_end", False), ("trimmed", True)) == (answers["e1"], answers["e4"])
    assert answers["e3"][0].startswith("different: ")


def test_an_original_that_kafka_has_lost_since_is_found_by_its_hash(
    configured: Settings, places: dict[str, Place]
) -> None:
    """A later revision that cites a trimmed record should find the copy that an earlier one left."""
    bootstrap = configured.kafka.bootstrap
    alert = originals()["e1"][1].model_copy(update={"original": '{"service":"fare-engine","kept":true}'})
    place = send(bootstrap, [("alerts", alert)], partition=1)[0]
    # The other kind of database reads the same topics, where this one's record is trimmed from the start.
    name = f"kept in {configured.sink.database}"
    first = cite({**places, "e1": place}, name)
    evidence = tuple(
        e.model_copy(update={"content_hash": original_hash(alert)}) if e.id == "e1" else e
        for e in first.evidence
    )
    first = revise(first.model_copy(update={"evidence": evidence}), name, 1)
    send_packets(configured, [first])
    stored(configured)
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.delete_records([TopicPartition(*place[:2], place.offset + 1)]).values():
        future.result()
    send_packets(configured, [revise(first, name, 2)])
    stored(configured)
    ours = (EVIDENCE.c.candidate_id == first.candidate.candidate_id, EVIDENCE.c.evidence_id == "e1")
    copies = select(EVIDENCE.c.verified, EVIDENCE.c.missing, EVIDENCE.c.original_hash).where(*ours)
    hashed = original_hash(alert)
    assert {(True, "", hashed), (True, "trimmed", hashed)} == set(rows_of(configured, copies))


def test_bytes_that_are_no_packet_do_not_stop_the_sink(
    configured: Settings, places: dict[str, Place]
) -> None:
    """What cannot be decoded should be kept as a dead letter, and what follows be stored."""
    send(configured.kafka.bootstrap, [("context-packets", b"no packet at all")])
    after = cite(places, "after-junk")
    send_packets(configured, [after])
    stored(configured)
    letters = select(DEAD_LETTERS.c.source, DEAD_LETTERS.c.reason).where(
        DEAD_LETTERS.c.original == b"no packet at all"
    )
    assert {("sink", "not_wire_format")} == set(rows_of(configured, letters))
    bodies = select(PACKETS.c.body).where(PACKETS.c.candidate_id == after.candidate.candidate_id)
    assert [(after.model_dump_json(),)] == rows_of(configured, bodies)
