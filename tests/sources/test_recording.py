"""Recordings: deliveries as they arrived, and the ticks between them."""

from pathlib import Path

import orjson
import pytest

from schemas.times import LATEST, SECOND
from schemas.topics import TICKED_TOPICS
from sources.recording import (
    BadRecording,
    Delivery,
    Tick,
    deliveries,
    script,
    tick_records,
)
from tests.sources.samples import AT

GOOD = b'{"received_at":"2026-02-03T08:06:33.875625Z","source":"github","headers":{"a":"b","c":1},"body":{"x":1}}'


def test_a_line_is_a_delivery(tmp_path: Path) -> None:
    """Blank lines should be passed over, and the line number kept."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n" + GOOD + b"\n\n")
    assert [Delivery(1_770_105_993_875_625, "github", {"a": "b"}, {"x": 1}, 2)] == list(deliveries(path))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "no JSON"),
        (b"[]", "a delivery has received_at"),
        (GOOD.replace(b"2026-02-03T08", b"x"), "a delivery has received_at"),
        (GOOD.replace(b'"source"', b'"sauce"'), "a delivery has received_at"),
        (GOOD.replace(b'"body"', b'"head"'), "a delivery has received_at"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, problem: str) -> None:
    """The error should be one line with file and line number."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(GOOD + b"\n" + line + b"\n")
    with pytest.raises(BadRecording, match=f"events.jsonl, line 2: {problem}"):
        list(deliveries(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error should name the file and the cause."""
    with pytest.raises(BadRecording, match=r"none\.jsonl cannot be read: No such file"):
        list(deliveries(tmp_path / "none.jsonl"))


def _at(seconds: float) -> Delivery:
    return Delivery(AT + round(seconds * SECOND), "github", {}, {})


def test_the_script_ticks_at_the_start_every_ten_seconds_and_at_the_end() -> None:
    """A tick should go before a delivery once 10 s have passed since the last one, never twice."""
    steps = list(script([_at(0), _at(9.999999), _at(10), _at(45), _at(46)]))
    assert [
        Tick(AT - 1),
        _at(0),
        _at(9.999999),
        Tick(AT + 10 * SECOND - 1),
        _at(10),
        Tick(AT + 45 * SECOND - 1),
        _at(45),
        _at(46),
        Tick(LATEST),
    ] == steps
    assert [step.is_end for step in steps if isinstance(step, Tick)] == [False, False, False, True]


def test_the_catalog_goes_first(tmp_path: Path) -> None:
    """It should count as received before the first delivery."""
    path = tmp_path / "catalog.yaml"
    path.write_text("kind: System", "utf-8")
    first = next(script([_at(0)], path))
    assert isinstance(first, Delivery)
    assert (AT - SECOND, "catalog", "kind: System") == (first.received_at, first.source, first.body)


def test_an_empty_recording_is_only_an_end() -> None:
    """Nothing should be invented."""
    assert [Tick(LATEST)] == list(script([]))


def test_a_tick_goes_to_every_partition_of_every_input() -> None:
    """Its header should name the time and the tenant; its value must not delete in a compacted topic."""
    records = tick_records("replay-a", AT, dict.fromkeys(TICKED_TOPICS, 3))
    assert [(topic, partition) for topic in TICKED_TOPICS for partition in range(3)] == [
        (record.topic, record.partition) for record in records
    ]
    assert {(b"tick", b"\0", (("tick", str(AT).encode()), ("tenant", b"replay-a")))} == {
        (record.key, record.value, record.headers) for record in records
    }


def test_real_recordings_are_read(shared_folder: Path) -> None:
    """Every line of every recording should be a delivery, in order of arrival."""
    for path in sorted((shared_folder / "evaluation" / "dev").glob("*/events.jsonl")):
        times = [delivery.received_at for delivery in deliveries(path)]
        assert times == sorted(times)
        assert len(times) == sum(1 for line in path.read_bytes().splitlines() if orjson.loads(line))
