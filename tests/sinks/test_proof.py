"""Proofs: a value counts as proven when a cited original states it, in words or as the same instant."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.packets import Packet
from schemas.times import EARLIEST, LATEST, format_time, parse_time
from sinks.proof import leaves_of, unproven
from streams.evidence import Published, original_text
from tests.schemas.examples import example

ORIGINAL = orjson.dumps(
    {
        "labels": {"service": "fare-engine", "image": "registry.example/fare:88a0d13"},
        "startsAt": "2026-11-02T10:41:20.5+01:00",
        "flags": {"season-prices": {"on": True, "share": 0.25, "version": 7}},
        "date": 1793612480500,
        "note": None,
    }
).decode()

LEAF = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(LEAF, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    "value",
    ["fare-engine", "88a0d13", "season-prices", "7", "0.25", "true", "2026-11-02T09:41:20.500Z", "null"],
)
def test_what_a_leaf_states_is_proven(value: str) -> None:
    """Texts and their parts, keys, numbers, and instants in any zone or unit should count."""
    assert () == unproven([value], [ORIGINAL])


@pytest.mark.parametrize(
    "value", ["booking-api", "88a0d14", "2026-11-02T09:41:20.501Z", "0.26", "fare-engine\n"]
)
def test_what_no_leaf_states_is_not(value: str) -> None:
    """Another name, another instant or another number should be named as unproven."""
    assert (value,) == unproven([value], [ORIGINAL])


def test_a_number_of_seconds_is_an_instant() -> None:
    """Tools that state seconds, milliseconds or microseconds since 1970 should be understood."""
    at = parse_time("2026-11-02T09:41:20Z")
    for unit in (1_000_000, 1_000, 1):
        assert () == unproven(["2026-11-02T09:41:20Z"], [f'{{"at":{at // unit}}}'])


def test_an_original_that_is_no_json_is_searched_as_it_is() -> None:
    """Plain text should be one leaf."""
    assert ("absent",) == unproven(["deployed v5.9.0", "absent"], ["ferry: deployed v5.9.0 by ci"])


def test_values_may_stand_in_different_originals() -> None:
    """A claim that cites two originals should need each value in one of them only."""
    assert ("c",) == unproven(["a", "b", "c"], ['["a"]', '["b"]'])
    assert ("a",) == unproven(["a"], [])


def test_the_example_packet_is_proven() -> None:
    """Every value of the example whose original is an example too should be found there."""
    packet = example("context-packets")
    assert isinstance(packet, Packet)
    originals = {e.id: _original(e.topic) for e in packet.evidence if e.id != "e3"}
    for claim in packet.claims():
        if "e3" not in claim.evidence:
            assert () == unproven(claim.values, [originals[cited] for cited in claim.evidence])


def _original(topic: str) -> str:
    message = example(topic)
    assert isinstance(message, Published)
    return original_text(message)


@given(JSON)
def test_every_leaf_proves_itself(value: object) -> None:
    """Whatever an original states should be found in it, and no JSON should raise."""
    text = orjson.dumps(value).decode()
    stated = leaves_of(text)
    assert () == unproven(stated.texts, [text])


@given(st.integers(EARLIEST, LATEST))
def test_an_instant_is_found_however_it_is_written(at: int) -> None:
    """A time as RFC 3339 should be found in an original that states it as microseconds, and as text."""
    value = format_time(at)
    assert () == unproven([value], [f"[{at}]", f'["{value}"]'])
    assert () == unproven([value], [f"[{at}]"])


def test_a_value_that_is_json_is_contained_when_each_of_its_leaves_is() -> None:
    """A change's value may be a part of an object; the original holds it in another order and place."""
    original = '{"spec":{"scaleTargetRef":{"name":"mobile-api"},"maxReplicas":6,"minReplicas":2}}'
    assert () == unproven(['{"maxReplicas":6,"scaleTargetRef":{"name":"mobile-api"}}'], [original])
    assert ('{"maxReplicas":7}',) == unproven(['{"maxReplicas":7}'], [original])
    assert ("{}",) == unproven(["{}"], [original])
