"""The ranked explanations: what speaks for and against each, and how to tell."""

import pytest

from schemas.packets import Check, Hypothesis
from tests.streams.world import (
    Sent,
    change,
    fires,
    last_packet,
    payment_incident,
    sent_at_once,
    turned_on,
)

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def test_no_change_is_among_the_hypotheses_however_many_suspects_there_are() -> None:
    """Five are shown, and one of them is that nothing recorded is to blame."""
    hypotheses = last_packet(*(turned_on(90 + n, what=f"f{n}") for n in range(9)), fires()).hypotheses
    assert 5 == len(hypotheses)
    assert [None] == [h.source_ref for h in hypotheses if h.kind == "none"]
    assert sum(h.confidence for h in hypotheses) == pytest.approx(1.0, abs=0.001)


def test_a_candidate_names_fifty_suspects_at_most_no_change_among_them() -> None:
    """Changes that nothing ties to a service are suspects of everything; a record has a size."""
    suspects = last_packet(*(turned_on(n, None, f"f{n}") for n in range(60)), fires()).candidate.suspects
    assert (50, 1) == (len(suspects), sum(suspect.source_ref is None for suspect in suspects))


def _top(*sent: Sent) -> Hypothesis:
    return last_packet(*sent).hypotheses[0]


def test_a_suspect_says_what_speaks_for_it() -> None:
    """How long before, that it is on what fails, and who needs that."""
    assert [
        "60 s before the first alert",
        "on payment itself, which alerts",
        "checkout and frontend depend on payment",
    ] == [claim.text for claim in _top(*payment_incident()).claims_for]


def test_a_suspect_says_what_speaks_against_it() -> None:
    """Nothing ties the flag to a service; and one on a quiet service has no alert of its own."""
    assert ["nothing ties it to a service that alerts"] == [
        claim.text for h in last_packet(turned_on(40, None), fires()).hypotheses for claim in h.claims_against
    ]
    assert "payment itself raises no alert" == _top(turned_on(40), fires("checkout")).claims_against[0].text


def test_no_change_says_how_many_were_looked_at() -> None:
    """Changes elsewhere do not touch what fails."""
    assert "none of the 1 changes near the onset touches what fails" in [
        claim.text for claim in _top(turned_on(40, "ledger"), fires()).claims_for
    ]
    assert "no change near the onset touches what fails" in [claim.text for claim in _top(fires()).claims_for]


@pytest.mark.parametrize(
    ("sent", "question"),
    [
        (turned_on(40), "Is the error rate of payment the same for requests where express is off?"),
        (
            sent_at_once(change("deploy", "payment", when=40, service="payment", before="v1")),
            "Do instances of payment still on v1 fail as well?",
        ),
        (
            sent_at_once(change("config", "limits", when=90, service="payment")),
            "Does payment recover where config/configmaps/shop/limits has its value from before?",
        ),
    ],
)
def test_each_hypothesis_has_a_check_that_tells_it_apart(sent: Sent, question: str) -> None:
    """A read-only question, and what either answer would mean."""
    check = _top(sent, fires()).check
    assert isinstance(check, Check)
    assert (question, True) == (check.question, bool(check.if_true and check.if_false))


def test_the_check_of_no_change_asks_what_else_moved() -> None:
    """Or, where there is a suspect, whether it failed before that."""
    alone, second = _top(fires()).check, last_packet(turned_on(40), fires()).hypotheses[1].check
    assert alone is not None
    assert second is not None
    assert "Did load, a dependency or the platform of payment change at 03:01:40?" == alone.question
    assert "Did payment err before 03:00:40?" == second.question
