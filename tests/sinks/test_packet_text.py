"""A packet as text: every section, always, in order, in 80 columns, and nothing foreign that a terminal obeys."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from schemas.claims import Claim
from schemas.packets import Packet, Radius
from sinks.columns import plain, wrapped
from sinks.packet_text import packet_text
from tests.sinks.published import packet_example

SECTIONS = [
    "WHAT IS FAILING",
    "WHAT CHANGED",
    "WHY, RANKED",
    "WHO",
    "PROPOSED",
    "NOT KNOWN",
    "TIMELINE",
    "DRAFT FOR STAKEHOLDERS",
]
NAME = packet_example().candidate.short_id
EXISTING = {"show", "timeline", "evidence", "list"}
HOSTILE = [
    "\x1b[2J\x1b[31mall clear\x1b[0m",
    "a\nWHAT IS FAILING\n  nothing",
    "\u202egnitset\u202c",
    "\u200b\u2066hidden\u2069",
    "e\u0301\u0301\u0301\u0301\u0301\u0301",
    "x" * 500,
    "漢字" * 80,
    "👩‍👩‍👧‍👦" * 30,
    "tab\tand\rreturn\x07\x9b31m",
    "[bold red]markup[/]",
    "",
]
TEXT = st.text(max_size=60) | st.sampled_from(HOSTILE)
FIXED = {"id", "phase", "state", "severity", "kind", "action", "tier", "evidence"}


def _mutate(value: Any, name: str, data: st.DataObject) -> Any:  # noqa: ANN401 - nested JSON
    """The same packet with texts, lists and numbers of somebody else's choosing."""
    if isinstance(value, dict):
        return {key: _mutate(inner, key, data) for key, inner in value.items()}
    if isinstance(value, (list, tuple)) and name != "evidence":
        kept = value if data.draw(st.integers(0, 3)) else data.draw(st.sampled_from([(), (*value, *value)]))
        return [_mutate(inner, name, data) for inner in kept]
    if isinstance(value, list | tuple):
        return [_mutate(inner, "", data) if isinstance(inner, dict) else inner for inner in value]
    if name not in FIXED and isinstance(value, str):
        return data.draw(TEXT) if data.draw(st.booleans()) else value
    if isinstance(value, float):
        return data.draw(st.sampled_from([value, float("inf"), float("nan"), 1e300, -5.0]))
    return value


def _rendered(**changes: object) -> str:
    return packet_text(packet_example().model_copy(update=changes))


def _of_candidate(**changes: object) -> str:
    candidate = packet_example().candidate.model_copy(update=changes)
    return _rendered(candidate=candidate)


def test_the_example_reads_as_a_person_would_want_it() -> None:
    """The first lines should say what, how bad, since when; a failing service, its value and its evidence."""
    lines = packet_text(packet_example()).splitlines()
    assert f"{NAME}  fare-engine and booking-api failing in production    rev 3 · settled" == lines[0]
    assert "critical since 09:41:20 UTC, 2 Nov 2026 (2 min) · 2 alerts, 7 repeats" == lines[1]
    assert "  fare-engine  FareQuotesFailing  18.4 %, since 09:41:20 [e1]" in lines
    assert "  Blast radius: fare-engine <- booking-api [e6]" in lines
    assert "  09:40:31  flag    season-prices turned on (off -> on) on fare-engine by" in lines
    assert "  1  0.78  flag season-prices turned on" in lines


def _starts(text: str) -> list[int]:
    lines = text.splitlines()
    return [next(n for n, line in enumerate(lines) if line.startswith(section)) for section in SECTIONS]


def test_every_section_is_there_and_in_order() -> None:
    """Sections should come in the order in which a person asks."""
    starts = _starts(packet_text(packet_example()))
    assert starts == sorted(starts)


def test_empty_sections_say_why() -> None:
    """A packet with next to nothing in it should still have every section, with words."""
    candidate = packet_example().candidate.model_copy(update={"proposals": (), "phase": "provisional"})
    text = _rendered(
        candidate=candidate,
        failing=(),
        radius=Radius(services=()),
        changes=(),
        changes_elsewhere=0,
        hypotheses=(),
        unknowns=(),
        timeline=(),
        draft=(),
    )
    starts = _starts(text)
    assert starts == sorted(starts)
    for words in (
        "no alert is left in it",
        "Blast radius: not known",
        "nothing on record",
        "nothing to rank yet",
        "nothing while it is provisional",
        "nothing that the checks look for is missing",
        "nothing to say yet",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "merged", "merged_into": "c-" + "0" * 32}, "MERGED into INC-AAAAAA"),
        ({"state": "resolved"}, "RESOLVED  fare-engine and booking-api failing"),
        ({"title": "fare-engine failing"}, "rev 3 · settled"),
        ({"title": "fare-engine failing", "phase": "provisional"}, "rev 3 · provisional"),
    ],
)
def test_the_first_line_says_how_it_stands(changes: dict[str, object], words: str) -> None:
    """Merged, resolved, provisional and settled candidates should say so at once."""
    assert words in _of_candidate(**changes).splitlines()[0]


def test_a_reopened_candidate_says_so_in_its_first_line() -> None:
    """A candidate that was resolved and fires again should not look like a new one."""
    assert f"{NAME}  REOPENED  fare-engine" in _rendered(whats_new=("now open",)).splitlines()[0]


def test_a_continued_candidate_names_the_one_before() -> None:
    """A continuation should point back."""
    assert "continues INC-AAAAAA, whose time was up" in _of_candidate(continues="c-" + "0" * 32)


def test_unproven_claims_are_marked_and_the_mark_is_explained() -> None:
    """What the originals do not state should be visible where it is read."""
    text = packet_text(packet_example(), frozenset({0}))
    assert "since 09:41:20 [e1?]" in text
    assert "do not rely on it" in text
    assert "?]" not in packet_text(packet_example())


def test_an_overtaken_proposal_says_so_first() -> None:
    """An action that somebody has already taken should not be asked for."""
    candidate = packet_example().candidate
    undone = Claim(text="flag season-prices turned off at 09:50 has undone it", evidence=("e2",))
    proposals = (candidate.proposals[0].model_copy(update={"overtaken": undone}),)
    text = _of_candidate(proposals=proposals)
    assert "NO LONGER NEEDED: flag season-prices turned off" in text
    assert "a person does it" not in text


def test_a_long_time_line_is_cut_in_its_middle() -> None:
    """Thirty moments should leave both ends and the number of those left out."""
    moments = packet_example().timeline * 5
    assert f"... {len(moments) - 12} more ..." in _rendered(timeline=moments)


def test_only_commands_that_exist_are_named() -> None:
    """A person should not be sent to a command that is not there."""
    text = packet_text(packet_example())
    assert {"evidence", "timeline"} == set(re.findall(r"\bincidents ([a-z]+)", text)) <= EXISTING


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_packet_breaks_the_page(data: st.DataObject) -> None:
    """Whatever a packet holds: no exception, no line over 80 columns, nothing that a terminal obeys."""
    mutated = Packet.model_validate(_mutate(packet_example().model_dump(), "", data))
    text = packet_text(mutated, data.draw(st.frozensets(st.integers(0, 20))))
    starts = _starts(text)
    assert starts == sorted(starts)
    for line in text.split("\n"):
        assert cell_len(line) <= 80, line
        assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") for character in line)


@given(st.text())
def test_plain_text_is_one_inert_line(text: str) -> None:
    """Any text should become one line without control, invisible or direction-changing characters."""
    line = plain(text)
    assert cell_len(line) <= 400
    assert all(unicodedata.category(character)[0] != "C" or character == "\ufffd" for character in line)
    assert line == plain(line)


@given(st.text(alphabet="ab 漢", max_size=300), st.integers(0, 20))
def test_wrapping_loses_no_word(text: str, indent: int) -> None:
    """All words should be there in order, every line within its width, hanging lines indented."""
    words = plain(text)
    lines = wrapped(" " * indent, words, indent, 40)
    assert words.replace(" ", "") == "".join(lines).replace(" ", "")
    assert all(cell_len(line) <= 40 for line in lines)
    assert all(line.startswith(" " * indent) for line in lines[1:])
