"""The words of packets: every sentence is made of statements, for each reader what is theirs, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import short_id
from schemas.packets import Packet
from tests.streams.wording import wrong_words
from tests.streams.world import (
    Sent,
    alert,
    change,
    fires,
    last_packet,
    payment_incident,
    sent_at_once,
    shop,
    turned_on,
)

FIRST = 100.0
_ENDED = Sent(alert("payment", start=FIRST, status="resolved"), 170)


def _texts(packet: Packet) -> list[str]:
    return [sentence.text for sentence in packet.summary]


def test_responders_are_told_in_short_what_the_packet_says() -> None:
    """What began first, how far it reaches, what is suspected and why, what is proposed, whose it is."""
    packet = last_packet(*payment_incident())
    belief, proposal = f"belief {packet.hypotheses[0].confidence:.2f}", packet.candidate.proposals[0]
    assert [
        "HighErrorRate on payment since 03:01:40, the first of 3 alerts.",
        "checkout needs payment; frontend needs checkout.",
        f"Likeliest of 2 explanations: flag express off -> on ({belief}; for it: 60 s before the first alert).",
        f"{short_id(proposal.proposal_id, 'P')} proposes to revert flag/express; nothing has been done.",
        "payment is owned by team-payment.",
    ] == _texts(packet)


def test_responders_are_told_that_no_change_explains_it() -> None:
    """With the share of belief in that."""
    assert "No recorded change explains it so far (belief 1.00)." in _texts(last_packet(fires()))


def test_responders_are_told_when_all_is_over() -> None:
    """And people inside, and outside."""
    packet = last_packet(fires(), _ENDED)
    assert "All of them have resolved." in _texts(packet)
    assert "payment has recovered in production; it began at 03:01 UTC." == packet.draft[0].text
    assert packet.outside is not None
    assert "It was over by 03:02 UTC." == packet.outside.sentences[-1].text


def test_news_cite_what_shows_them() -> None:
    """A kind of alert its alert, the suspect what speaks for it; their words are those of the revision."""
    world = shop(*payment_incident())
    news = [packet for packet in world.packets() if any("checkout" in text for text in packet.whats_new)]
    packet = news[0]
    assert [f"{text}." for text in packet.whats_new] == [claim.text for claim in packet.news]
    line = next(line for line in packet.failing if line.service == "checkout")
    assert line.claim.evidence[:1] == next(c.evidence for c in packet.news if "checkout" in c.text)


def test_a_first_packet_has_no_news() -> None:
    """There is nothing to compare it with."""
    assert () == shop(fires(), ended=False).packets()[0].news


@pytest.mark.parametrize(
    ("name", "noticed"),
    [
        ("HighErrorRate", "some requests have been failing"),
        ("LatencyP99High", "some requests have been slower than usual"),
        ("NoTraffic", "fewer requests than usual have been coming through"),
        ("PodCrashLooping", "we have seen a disturbance that you may notice"),
    ],
)
def test_people_outside_are_told_what_they_may_notice(name: str, noticed: str) -> None:
    """By the kind of trouble; nothing of ours, and never without approval."""
    outside = last_packet(fires(name=name)).outside
    assert outside is not None
    assert outside.needs_approval
    assert [f"Since 03:01 UTC {noticed}."] == [sentence.text for sentence in outside.sentences]


_SENT = st.one_of(
    st.builds(
        fires, st.sampled_from(["payment", "checkout", None]), st.integers(90, 400), st.sampled_from("XY")
    ),
    st.builds(turned_on, st.integers(0, 500), st.sampled_from(["payment", None])),
    st.just(_ENDED),
    st.just(sent_at_once(change("deploy", "payment", when=60, service="payment"))),
)


@given(st.lists(_SENT, min_size=1, max_size=8))
def test_no_sentence_stands_without_a_statement(sent: list[Sent]) -> None:
    """In every revision of any story."""
    world = shop(*sorted(sent, key=lambda one: one.received))
    assert [] == [wrong for packet in world.packets() for wrong in wrong_words(packet)]
