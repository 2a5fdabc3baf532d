"""Sending a dead letter again: it is read as when it came, by what the settings and formats say now."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.audit import DeadLetter
from schemas.codec import decode
from schemas.events import HEADER_INGESTED_AT, Alert
from schemas.settings import Settings
from sources.again import read_again
from sources.bodies import raw_of
from sources.intake import take
from sources.letters import Arrival, kept_headers, raw_letter
from streams.redact import Json
from tests.sources.test_alertmanager import alert, group
from wire.reader import Found

NOW = 1_793_612_580_000_000
LATER = NOW + 3_600_000_000
SETTINGS = Settings()


def _refused(source: str, body: Json, headers: dict[str, str] | None = None) -> DeadLetter:
    (rejected,) = take(source, body, headers or {}, NOW, "default").rejected
    return rejected.letter


def test_an_item_that_was_refused_and_can_be_read_now_makes_its_records() -> None:
    """An alert whose time was missing, mended as an adapter of tomorrow would read it, should go through."""
    letter = _refused("alertmanager", group(alert(), {**alert(), "startsAt": "no time"}))
    assert "/alerts/1" == letter.path
    assert "no_start" in read_again(letter, None, SETTINGS, LATER).refused
    mended = letter.delivery.replace(b"no time", b"2026-02-03T08:06:22Z")
    letter = letter.model_copy(update={"delivery": mended})
    (record,) = read_again(letter, None, SETTINGS, LATER).records
    assert isinstance(decode("alerts", record.value), Alert)
    assert dict(record.headers)[HEADER_INGESTED_AT] == str(LATER).encode()


def test_a_large_delivery_with_many_refusals_is_not_kept_in_each_of_them() -> None:
    """All letters of one delivery together should hold no more of it than one could; they say what to do."""
    bad = {**alert(), "startsAt": "no time"}
    intake = take("alertmanager", group(*[bad] * 300), {}, NOW, "default")
    assert [b""] * 300 == [item.letter.delivery for item in intake.rejected]
    assert "too little of it was kept" in read_again(intake.rejected[0].letter, None, SETTINGS, LATER).refused


def test_the_headers_that_a_format_reads_are_kept_and_no_token_is() -> None:
    """GitHub's name of the event should come back with the letter; authorization should not be in it."""
    given_ = {
        "X-GitHub-Event": "deployment_status",
        "Authorization": "Bearer s",
        "CE-Type": "x",
        "Cookie": "y",
    }
    assert {"x-github-event": "deployment_status", "ce-type": "x"} == kept_headers(given_)
    letter = _refused("github", {"deployment": {}}, given_)
    assert {"x-github-event": "deployment_status", "ce-type": "x"} == letter.headers


def test_bytes_that_are_no_json_are_refused_again() -> None:
    """What could not be parsed should be told so, and what was cut should not be sent in part."""
    arrival = Arrival("default", "alertmanager", NOW)
    letter = raw_letter("not_json", "", raw_of(b'{"alerts": ['), arrival)
    assert read_again(letter, None, SETTINGS, LATER).refused.startswith("not_json: ")
    large = raw_letter("too_large", "", raw_of(b" " * 100_000), arrival)
    assert "too little of it was kept" in read_again(large, None, SETTINGS, LATER).refused


def test_a_record_that_kafka_still_has_goes_back_as_it_was() -> None:
    """Key, value and headers should be the same, without the old time of ingest."""
    letter = _of_topic("alerts", b"x")
    headers = (("tenant", b"default"), (HEADER_INGESTED_AT, b"1"), ("content-type", "application/json"))
    (record,) = read_again(letter, Found(b"whole", headers, 0, b"default/x"), SETTINGS, LATER).records
    assert ("alerts", b"default/x", b"whole") == (record.topic, record.key, record.value)
    assert (("tenant", b"default"), ("content-type", b"application/json")) == record.headers


def test_a_record_that_kafka_has_deleted_goes_back_as_the_letter_has_it() -> None:
    """Whole bytes should be sent under their tenant; a beginning alone should not."""
    (record,) = read_again(_of_topic("deploys", b"x"), None, SETTINGS, LATER).records
    assert (b"x", (("tenant", b"default"),)) == (record.value, record.headers)
    cut = _of_topic("deploys", b"x").model_copy(update={"original_size": 2})
    assert "too little of it was kept" in read_again(cut, None, SETTINGS, LATER).refused


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tenant": "nobody"}, "tenant 'nobody' is not declared"),
        ({"tenant": ""}, "tenant '' is not declared"),
        ({"tenant": "replay-x"}, "it is of a replay"),
        ({"topic": "signals"}, "it is a record of signals, which nobody publishes"),
        ({"topic": None, "source": "nothing"}, "nothing"),
    ],
)
def test_what_cannot_be_sent_says_why(changes: dict[str, str | None], why: str) -> None:
    """Each reason should be one line that says what to do."""
    letter = _of_topic("alerts", b"x").model_copy(update=changes)
    again = read_again(letter, None, SETTINGS, LATER)
    assert () == again.records
    assert why in again.refused


@given(
    st.binary(max_size=60), st.text(max_size=20), st.sampled_from(["alertmanager", "github", "catalog", "x"])
)
def test_no_letter_makes_it_raise(original: bytes, path: str, source: str) -> None:
    """Whatever stands in a letter should give records or a reason."""
    letter = _of_topic("alerts", original).model_copy(update={"topic": None, "source": source, "path": path})
    again = read_again(letter, None, SETTINGS, LATER)
    assert bool(again.records) != bool(again.refused)


def test_every_example_of_a_sender_is_taken_again_with_its_kept_headers() -> None:
    """A delivery that is known to be good should make the same records from a letter that holds all of it."""
    recorded = Path(__file__).resolve().parents[2] / "examples" / "checkout" / "events.jsonl"
    for line in recorded.read_text("utf-8").splitlines():
        delivery = json.loads(line)
        body, headers = delivery["body"], delivery.get("headers", {})
        source = delivery["path"].removeprefix("/v1/") if "path" in delivery else delivery["source"]
        taken = take(source, body, headers, NOW, "default")
        whole = json.dumps(body).encode()
        letter = _of_topic("alerts", whole).model_copy(
            update={"topic": None, "source": source, "headers": kept_headers(headers)}
        )
        again = read_again(letter, None, SETTINGS, NOW)
        assert [one.record.value for one in taken.published] == [one.value for one in again.records]


def _of_topic(topic: str, original: bytes) -> DeadLetter:
    return DeadLetter(
        letter_id="d-" + "0" * 32,
        tenant="default",
        source=topic,
        reason="not_avro",
        detail="",
        topic=topic,
        partition=0,
        offset=0,
        received_at=NOW,
        original=original,
        original_hash="",
        original_size=len(original),
    )
