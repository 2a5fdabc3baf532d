"""The postmortem as Markdown: all that is on record, each line with what it rests on, and no markup of others."""

import re

import pytest

from schemas.claims import Claim
from schemas.packets import Packet
from sinks.decisions import Decision
from sinks.markdown import inert
from sinks.postmortem import postmortem
from sinks.queries import Shown
from tests.sinks.published import at_hand, cite

PLACES, _ = at_hand()
DECIDED = [Decision(1_793_612_600_000_000, "suspected", "correlator", {"source_ref": "flagd:x"}, "audit 0/7")]


def _text(packet: Packet | None = None, unproven: frozenset[int] = frozenset()) -> str:
    return postmortem(Shown(packet or cite(PLACES), unproven), DECIDED)


def test_it_holds_what_happened_who_said_and_decided_what_and_what_is_not_known() -> None:
    """All sections, in the order in which one reads them."""
    text = _text()
    told = (
        *(
            "FareQuotesFailing",
            "season-prices",
            "## Time line",
            "09:45:00Z feedback",
            "confirmed by h.nakamura",
        ),
        *("team-fares", "suspected by correlator", "[audit 0/7]", "no rota is configured", "sha256"),
    )
    places = [text.index(word) for word in told]
    assert len(told) == len(places)
    assert [f"## {name}" for name in ("Summary", "Causes", "Evidence")] == [
        line for line in text.splitlines() if line in {"## Summary", "## Causes", "## Evidence"}
    ]


def test_every_line_says_what_it_rests_on() -> None:
    """Evidence, a line of the audit log, or the revision; what people have to write is left to them."""
    lines = [line for line in _text().splitlines() if line.startswith("- ")]
    bare = [
        line for line in lines if not re.search(r"\[(?:[eq]\d+[^\]]*|audit \d+/\d+|revision [^\]]+)\]", line)
    ]
    assert ["- to be written by people"] * 2 == bare


def test_the_same_tables_give_the_same_text() -> None:
    """Byte for byte."""
    assert _text() == _text()


def test_what_the_originals_do_not_state_is_marked() -> None:
    """As in the packet."""
    assert "[e1?]" in _text(unproven=frozenset({0}))


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "![x](https://evil.example/x.png)",
        "https://evil.example",
        "line\n# heading",
        "| a | b |",
        "`code` **bold** _it_ ~~gone~~",
        "\x1b[31mred \u202eevil",
        "<!-- comment",
    ],
)
def test_text_from_others_makes_no_markup(evil: str) -> None:
    """No heading, link, picture, table or line of its own."""
    packet = cite(PLACES)
    claim = Claim(text=evil, evidence=("e1",))
    candidate = packet.candidate.model_copy(update={"title": evil, "owner": evil, "environment": evil})
    text = _text(packet.model_copy(update={"draft": (claim,), "candidate": candidate}))
    said = inert(evil)
    assert f"- {said} [e1]" in text
    assert "\n# heading" not in text
    assert not re.search(r"<(?:script|!--)|(?<!\\)\]\(|(?<!\\)!\[|[^\\]://|\x1b|\u202e", text)
    assert not re.search(r"(?<!\\)[|`*_~]", said)
