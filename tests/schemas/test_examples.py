"""Examples: each topic version has one, and its bytes are read and written the same for ever."""

import pytest

from schemas.audit import AuditEntry, AuditRecord
from schemas.codec import decode, encode
from schemas.events import Alert
from schemas.feedback import Feedback
from schemas.identity import candidate_id, content_hash, leaf_hash, short_id
from schemas.packets import Candidate, Packet
from schemas.topics import TOPICS
from streams.evidence import Published, original_hash
from tests.schemas.examples import example, example_bytes, example_text

VERSIONS = [(name, version) for name, topic in TOPICS.items() for version in topic.schema_ids]
NEWEST = [(name, topic.version) for name, topic in TOPICS.items()]


@pytest.mark.parametrize(("topic", "version"), VERSIONS)
def test_committed_bytes_are_read_as_the_example(topic: str, version: int) -> None:
    """Bytes that any version ever wrote should still be read, and say what the example says."""
    assert example(topic, version) == decode(topic, example_bytes(topic, version))


@pytest.mark.parametrize(("topic", "version"), NEWEST)
def test_the_example_is_written_as_the_committed_bytes(topic: str, version: int) -> None:
    """Writing the example again should give the committed bytes, of which the .hex file is made."""
    assert example_bytes(topic, version).hex() == encode(topic, example(topic, version)).hex()


@pytest.mark.parametrize(("topic", "version"), NEWEST)
def test_an_example_leaves_no_field_out(topic: str, version: int) -> None:
    """An example should show every field, also those with a default, so that a reader sees them all."""
    shown = TOPICS[topic].model.model_validate_json(example_text(topic, version, "json"))
    assert set(TOPICS[topic].model.model_fields) == shown.model_fields_set


def test_examples_cite_each_other_by_true_hashes() -> None:
    """What the packet's evidence hashes to should be the originals of the other examples."""
    packet = example("context-packets")
    assert isinstance(packet, Packet)
    hashes = {evidence.topic: evidence.content_hash for evidence in packet.evidence if evidence.id != "e3"}
    for topic, known in hashes.items():
        published = example(topic)
        assert isinstance(published, Published)
        assert known in {original_hash(published), content_hash(_written(published).encode())}


def _written(published: Published) -> str:
    """What its tool wrote, as the example of the packet hashes it; a person's words have no tool."""
    return "" if isinstance(published, Feedback) else published.original


def test_examples_carry_true_identities() -> None:
    """Candidate id, short id and leaf hash should be those that anybody can compute again."""
    alert, candidate, record = example("alerts"), example("incident-candidates"), example("audit")
    assert isinstance(alert, Alert)
    assert isinstance(candidate, Candidate)
    assert isinstance(record, AuditRecord)
    identity = candidate_id("production", alert.starts_at, alert.fingerprint)
    assert (identity, short_id(identity)) == (candidate.candidate_id, candidate.short_id)
    assert leaf_hash(record.entry) == record.leaf_hash
    assert isinstance(decode("audit-entries", record.entry), AuditEntry)
