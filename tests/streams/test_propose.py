"""Guarded proposals: what could be taken back, why, and how that is undone. Nothing executes."""

import pytest

from schemas.events import Change
from schemas.packets import Proposal
from tests.streams.world import (
    Sent,
    change,
    fires,
    last_packet,
    sent_at_once,
    turned_on,
)

FIRST = 100.0
"""Start of the first alert, in seconds of the story."""


def _proposal(made: Change, *sent: Sent) -> Proposal:
    [proposal] = last_packet(sent_at_once(made), fires(), *sent).candidate.proposals
    return proposal


@pytest.mark.parametrize(
    ("made", "action", "target"),
    [
        (change("flag", "express", when=-100, service="payment"), "revert_flag", "flag/express"),
        (change("deploy", "pay-api", when=-100, service="payment"), "rollback_deployment", "service/payment"),
        (
            change("config", "limits", when=-100, service="payment"),
            "revert_config",
            "config/configmaps/shop/limits",
        ),
    ],
    ids=["flag", "deploy", "config"],
)
def test_a_proposal_takes_the_suspected_change_back(made: Change, action: str, target: str) -> None:
    """With the value to go back to, how that is undone, and what shows whether it helped."""
    proposal = _proposal(made)
    assert (action, target, "old", "B") == (proposal.action, proposal.target, proposal.to, proposal.tier)
    assert f"set {target} back to new" == proposal.rollback
    assert "HighErrorRate on payment resolve and stay resolved for 3 min" == proposal.verification


def test_a_proposal_for_the_whole_cluster_is_of_high_impact() -> None:
    """An object without a namespace belongs to everybody."""
    made = change("config", "limits", when=-100, service="payment")
    wide = made.model_copy(update={"target": "config/clusterroles//admin"})
    assert "C" == _proposal(wide).tier


def test_what_was_made_and_is_gone_needs_no_taking_back() -> None:
    """A network policy is created, payment fails, the policy is deleted: the proposal says that it is gone."""
    made = change("config", "deny", when=-100, service="payment", before=None, after="closed")
    gone = change("config", "deny", when=300, service="payment", before="closed", after=None)
    overtaken = _proposal(
        made.model_copy(update={"operation": "create"}),
        sent_at_once(gone.model_copy(update={"operation": "delete"})),
    ).overtaken
    assert overtaken is not None
    assert overtaken.text.endswith("at 03:05:00 has undone it already")


def test_a_proposal_that_was_overtaken_says_so() -> None:
    """The flag was turned off by hand; the proposal stays in sight with what has happened since."""
    made = change("flag", "express", when=70, service="payment", before="off", after="on")
    back = change("flag", "express", when=300, service="payment", before="on", after="off")
    overtaken = _proposal(made, sent_at_once(back)).overtaken
    assert overtaken is not None
    assert "flag express on -> off at 03:05:00 has undone it already" == overtaken.text


def test_a_weak_suspect_is_not_acted_on() -> None:
    """Belief below the setting proposes nothing."""
    assert () == last_packet(turned_on(-1200), fires()).candidate.proposals
