"""The checks of real incidents: over every packet of a recording, the first two can be told apart, by known names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.inprocess import InProcess
from cli.replay import steps_of
from schemas.packets import Check, Packet
from schemas.settings import Settings
from schemas.times import SECOND, clock_text
from streams.topology import in_words

_DEMO = Path(__file__).parents[2] / "examples" / "checkout"
_PLAIN = frozenset(
    in_words(
        "a after again alike and as at began before both change changed dependency did do does "
        "either err error errors fail failed fails for from has if in instances is it its load "
        "moved new no of off on one onset only or platform rate recover requests same steady "
        "still that the them version was well were what when where whether with without value "
        "versions yes "
    )
)
"""The words of questions and answers that name nothing."""
_QUERY = re.compile(r"count_over_time\(ALERTS\{(.*)\}\[1h\] @ (\d+)\)")
_LABEL = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')
_CLOCK = re.compile(r"\d\d:\d\d:\d\d")
_MOMENT = re.compile(r"\b\d{15,17}\b")
"""A time in a packet: microseconds."""


def _packets(recording: Path) -> Iterator[Packet]:
    outputs = InProcess("replay-checks", Settings(), "test").run(steps_of(recording))
    return (output.message for output in outputs if isinstance(output.message, Packet))


def wrong_checks(packet: Packet) -> list[str]:
    """What is wrong with the checks of the first two: not to be told apart, or about what the packet does not hold."""
    checks = [one.check for one in packet.hypotheses[:2] if one.check]
    wrong = [f"one answer for both: {one.if_true}" for one in checks if one.if_true == one.if_false]
    if len(checks) < len(packet.hypotheses[:2]):
        wrong.append("a hypothesis without a check")
    if len({one.if_true for one in checks}) < len(checks):
        wrong.append(f"one answer for two: {checks[0].if_true}")
    bare = tuple(one.model_copy(update={"check": None}) for one in packet.hypotheses)
    known = packet.model_copy(update={"hypotheses": bare}).model_dump_json()
    return wrong + [f"not in the packet: {name}" for one in checks for name in _unknown(one, known)]


def _unknown(check: Check, known: str) -> Iterator[str]:
    moments = [int(found) for found in _MOMENT.findall(known)]
    clocks = {clock_text(at) for at in moments}
    for text in (check.question, check.if_true, check.if_false):
        for word in text.split():
            name = word.rstrip("?,:;")
            is_known = name in clocks if _CLOCK.fullmatch(name) else json.dumps(name)[1:-1] in known
            if name.lower() not in _PLAIN and not is_known:
                yield name
    if check.query:
        query = _QUERY.fullmatch(check.query)
        if query is None or int(query[2]) not in {at // SECOND for at in moments}:
            yield check.query
            return
        yield from (text for _, text in _LABEL.findall(query[1]) if text != '"firing"' and text not in known)


def test_the_first_two_checks_of_the_demo_can_be_told_apart() -> None:
    """Every revision."""
    assert [] == [wrong for packet in _packets(_DEMO) for wrong in wrong_checks(packet)]


@pytest.mark.parametrize("recording", ["nezha-2022-08-22", "petshop-low"])
def test_the_first_two_checks_of_real_incidents_can_be_told_apart(
    recording: str, shared_folder: Path
) -> None:
    """Every revision of every candidate."""
    folder = shared_folder / "evaluation" / "dev" / recording
    assert [] == [wrong for packet in _packets(folder) for wrong in wrong_checks(packet)]
