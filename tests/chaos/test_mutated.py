"""Mutated records among good ones through the router: none is lost unseen, whatever its bytes."""

from collections import Counter

from tests.chaos.mutated import messages
from tests.chaos.routed import judged, wrong_of

_SEED = 6
_NUMBER = 10_000


def test_the_router_refuses_each_bad_record_and_lets_each_good_one_through() -> None:
    """Every way of mutating should come up; each record should give one signal or one dead letter with its place."""
    sent = list(messages(_SEED, _NUMBER))
    assert wrong_of(sent) == []
    ways = Counter(one.how for one in sent)
    assert len(ways) == 28
    assert min(ways.values()) > 10


def test_a_record_that_vanishes_or_counts_twice_is_seen() -> None:
    """The verdict should not be content where a good record has no signal, or one has both."""
    sent = dict(enumerate(messages(_SEED, 3)))
    for came, letters in (([], []), ([0, 1, 2], [0, 1, 2]), ([0, 0, 1, 1, 2, 2], [])):
        assert len(judged(sent, came, letters)) == 3
