"""JSON on the input topics: the same model as in Avro, times that may be missing, and refusals with a reason."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import encode
from schemas.events import Alert, Change, Entity
from schemas.settings import Settings, TenantSettings
from schemas.signals import Signal
from schemas.times import format_time
from streams.evidence import original_hash
from streams.published import read_again
from streams.route import Routed, route
from tests.streams.world import Stored, alert, at, change, entity

SETTINGS = Settings(tenants=(TenantSettings(name="shop"),))
ALERT: dict[str, Any] = {
    "source": "pager",
    "source_ref": "pager:7",
    "fingerprint": "f7",
    "name": "Errors",
    "status": "firing",
    "service": "payment",
    "labels": {"team": "pay"},
    "starts_at": at(1),
}
DEPLOY: dict[str, Any] = {
    "kind": "deploy",
    "source": "own-tool",
    "source_ref": "own-tool:42",
    "target": "service/payment",
    "title": "payment to v2",
    "effective_at": at(1),
}


def stored(value: bytes, seconds: float = 5, offset: int = 0, said: str = "application/json") -> Stored:
    """A record as a direct producer writes it: its tenant, what the value is, no ingest time."""
    headers = [("tenant", b"shop"), ("content-type", said.encode())]
    return Stored(offset, at(seconds) // 1000, value, headers)


def routed(*records: Stored, topic: str = "alerts") -> Routed:
    """What follows from the records."""
    return route(topic, 0, records, 1, SETTINGS, "test")


def signal(value: object, topic: str = "alerts", seconds: float = 5) -> Signal:
    """The only signal of a value."""
    [(_, found)] = routed(stored(orjson.dumps(value), seconds), topic=topic).signals
    return found


def reason(record: Stored, topic: str = "alerts") -> str:
    """Why it is a dead letter; nothing else may have come of it."""
    found = routed(record, topic=topic)
    assert [] == found.signals
    [letter], [_] = found.dead_letters, found.audits
    return letter.reason


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("alerts", alert("payment", start=0)),
        ("flags", change("flag", "express", when=0)),
        ("catalog", entity("payment")),
    ],
)
def test_json_says_the_same_as_avro(topic: str, message: Alert | Change | Entity) -> None:
    """The signal should be equal in everything, the hash of the original too."""
    avro = Stored(0, at(5) // 1000, encode(topic, message), [("tenant", b"shop")])
    json = stored(orjson.dumps(message.model_dump()))
    assert routed(avro, topic=topic).signals == routed(json, topic=topic).signals != []


def test_a_time_may_be_a_text_of_rfc_3339() -> None:
    """It is what most programs write."""
    facts = signal({**ALERT, "starts_at": format_time(at(1)), "notified_at": format_time(at(2))}).alert
    assert facts is not None
    assert (at(1), at(2)) == (facts.starts_at, facts.notified_at)


@pytest.mark.parametrize("missing", [{}, {"starts_at": None}])
def test_without_a_start_the_brokers_time_is_taken_and_noted(missing: dict[str, Any]) -> None:
    """Each record has its own, also where the bytes repeat."""
    told = {name: value for name, value in ALERT.items() if name != "starts_at"} | missing
    for seconds in (5, 9):
        found = signal(told, seconds=seconds)
        assert found.alert is not None
        assert (at(seconds), True) == (found.alert.starts_at, "no_time" in found.notes)


def test_without_a_time_of_effect_the_brokers_is_taken_and_noted() -> None:
    """For changes as for alerts."""
    found = signal({**DEPLOY, "effective_at": None}, "deploys", 7)
    assert found.change is not None
    assert (at(7), ("no_time",)) == (found.change.effective_at, found.notes)
    assert signal(DEPLOY, "deploys").notes == ()


@pytest.mark.parametrize("original", [{}, {"original": '{"v": 2}'}])
def test_an_assumed_time_stands_in_the_original_that_is_cited(original: dict[str, Any]) -> None:
    """So that a claim about it can be proven; who looks the record up again should find the same original."""
    value = orjson.dumps({**DEPLOY, "effective_at": None, **original})
    found = signal(orjson.loads(value), "deploys", 7)
    again = read_again("deploys", value, at(7))
    assert isinstance(again, Change)
    assert found.content_hash == original_hash(again)
    assert str(at(7)) in again.original or not original
    assert read_again("alerts", encode("alerts", alert("a", start=0)), 0) == alert("a", start=0)


def test_a_secret_in_json_is_redacted() -> None:
    """As in Avro."""
    assert "hunter2" not in signal({**ALERT, "annotations": {"password": "hunter2"}}).model_dump_json()


@pytest.mark.parametrize("said", ["application/json; charset=utf-8", " Application/JSON "])
def test_the_header_may_have_parameters(said: str) -> None:
    """As HTTP allows."""
    assert 1 == len(routed(stored(orjson.dumps(ALERT), said=said)).signals)


@pytest.mark.parametrize(
    ("why", "record"),
    [
        ("empty", stored(b"")),
        ("not_json", stored(b"{")),
        ("not_json", stored(b"[]")),
        ("not_json", stored(b"\xff")),
        ("not_json", stored(encode("alerts", alert("a", start=0)))),
        ("too_large", stored(b" " * 1_000_001)),
        ("not_wire_format", stored(orjson.dumps(ALERT), said="text/plain")),
        ("wrong_value", stored(orjson.dumps({**ALERT, "enviroment": "production"}))),
        ("wrong_value", stored(orjson.dumps({**ALERT, "status": "red"}))),
        ("wrong_value", stored(orjson.dumps({**ALERT, "starts_at": "soon"}))),
        ("wrong_value", stored(orjson.dumps({**ALERT, "starts_at": True}))),
        ("wrong_value", stored(orjson.dumps({**ALERT, "starts_at": 1.5}))),
        ("wrong_value", stored(orjson.dumps({**ALERT, "starts_at": 2**62}))),
        ("wrong_value", stored(orjson.dumps({**ALERT, "name": 7}))),
        ("wrong_value", stored(b'{"labels":' + b"[" * 400 + b"]" * 400 + b"}")),
    ],
)
def test_what_cannot_be_understood_is_a_dead_letter_with_its_reason(why: str, record: Stored) -> None:
    """Nothing should be dropped unseen."""
    assert why == reason(record)


def test_a_value_of_another_topic_is_refused() -> None:
    """Its fields are none of this topic's; a topic that takes no records takes no JSON either."""
    assert "wrong_value" == reason(stored(orjson.dumps(ALERT)), "deploys")
    assert "wrong_value" == reason(stored(b"{}"), "signals")


_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(allow_nan=False),
        st.text(max_size=6),
        st.sampled_from(("firing", "deploy", "2026-02-03T08:01:09Z", "0001-01-01T00:00:00+14:00")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    topic=st.sampled_from(("alerts", "deploys", "catalog")),
    base=st.sampled_from((ALERT, DEPLOY, {})),
    fields=st.dictionaries(st.sampled_from((*ALERT, *DEPLOY, "original", "x")), _values, max_size=3),
    damage=st.one_of(st.none(), st.tuples(st.integers(0, 400), st.binary(max_size=3))),
)
def test_no_json_ever_raises_and_none_is_lost(
    topic: str, base: dict[str, Any], fields: dict[str, Any], damage: tuple[int, bytes] | None
) -> None:
    """Each value should be a signal or a dead letter; what is a signal is found again with the same hash."""
    value = orjson.dumps({**base, **fields})
    if damage:
        value = value[: damage[0]] + damage[1] + value[damage[0] + 1 :]
    found = routed(stored(value, 7), topic=topic)
    assert 1 == len(found.signals) + len(found.dead_letters)
    for _, one in found.signals:
        assert one.content_hash == original_hash(read_again(topic, value, at(7)))


def test_a_value_is_no_repeat_of_the_same_bytes_of_another_type() -> None:
    """Bytes that are an alert in Avro are none in JSON: the second should be refused, whatever the first was."""
    value = encode("alerts", alert("payment", start=0))
    both = routed(stored(value, said="avro/binary"), stored(value, offset=1))
    assert (1, 1) == (len(both.signals), len(both.dead_letters))
    assert [1] == [signal.count for _, signal in both.signals]
