"""What alerts say in their own words: what of it counts, and what it decides."""

import pytest

from schemas.events import Alert
from schemas.thresholds import CorrelationSettings
from streams.correlate import index_of
from streams.filed import filed_by
from streams.vocabulary import shares, words_of
from tests.streams.pieces import alert_state, topology
from tests.streams.world import alert

_NEARLY = CorrelationSettings(base=-1.0, same_name=0.0, split_price=1e9)
"""Payment and cart are two incidents, and checkout, which needs both, is as near to the one as to the other."""


def _says(service: str, text: str, start: float = 0, **labels: str) -> Alert:
    made = alert(service, start=start)
    return made.model_copy(update={"annotations": {"description": text}, "labels": {**made.labels, **labels}})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pool exhausted", {"pool", "exhausted"}),
        ("pod cart-7f9c4d5b6-x2x9z not ready", {"pod", "cart", "not", "ready"}),
        ("request 4711 took 0.93s on 10.0.3.17", {"request", "took"}),
        ("trace 4bf92f3577b34da6 of deadbeef", {"trace"}),
        ("see https://wiki.example/runbook or call ops@example.com", {"see", "call"}),
        ("Pool POOL", {"pool"}),
    ],
)
def test_what_differs_each_time_is_no_word(text: str, words: set[str]) -> None:
    """Numbers, ids, hashes, pods and addresses are masked; words of two letters say nothing."""
    assert words == words_of(_says("payment", text)) - words_of(_says("payment", ""))


def test_labels_are_words_and_the_name_of_the_rule_is_none() -> None:
    """What counts already does not count again."""
    said = words_of(_says("payment", "HighErrorRate", tenant="blue"))
    assert {"payment", "blue"} == said


def test_a_word_counts_by_how_few_say_it() -> None:
    """What every cluster says counts nothing; two words that only one says would be the whole."""
    said = [{"pool", "quota", "high"}, {"quota", "high"}, {"high"}, {"high"}]
    assert [0.75, 0.25, 0.0, 0.0] == pytest.approx(list(shares({"pool", "quota", "high"}, said)))


def test_what_is_not_shared_counts_nothing_against() -> None:
    """Other words are no reason to part."""
    assert [0.0, 0.0] == list(shares({"quota"}, [{"pool"}, set()]))


def test_of_two_candidates_as_near_an_alert_joins_the_one_that_says_the_same() -> None:
    """Neither time nor dependencies can tell; a tenant's name does."""
    quota, certificate = "quota of tenant blue exhausted", "certificate expired"
    assert ["cart"] == _joined(quota, payment=certificate, cart=quota)
    assert ["payment"] == _joined(certificate, payment=certificate, cart=quota)


def test_words_that_everything_says_decide_nothing() -> None:
    """Then it is the first by name, as ever."""
    assert _joined("errors", payment="errors", cart="errors") == _joined("", payment="", cart="")


def _joined(text: str, **said: str) -> list[str | None]:
    """The services of the candidate that checkout joined."""
    alerts = [*(_says(service, words) for service, words in said.items()), _says("checkout", text, 1)]
    index = index_of(map(alert_state, alerts), topology(), _NEARLY)
    groups = [[placed.service for placed in index.group(key).placed] for key in index.alerts]
    assert len(said) == len({tuple(group) for group in groups})
    return next(
        [service for service in group if service != "checkout"] for group in groups if "checkout" in group
    )


def test_an_alert_whose_words_an_earlier_notification_tells_otherwise_is_placed_anew() -> None:
    """But not where only a number differs."""
    one, number, word = (_says("payment", text) for text in ("pool at 90", "pool at 95", "queue at 95"))
    assert filed_by(one) == filed_by(number) != filed_by(word)
