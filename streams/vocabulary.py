"""What alerts say in their own words, and how much two clusters' words tell them apart: for an alert, never against.

Words are those of summary, annotations and labels with numbers, ids, hashes, pod suffixes and addresses masked. One
counts by how few of the clusters in question have it (inverse document frequency; Sparck Jones 1972), so that what
every alert says counts nothing. Goes to: `placing`, where two clusters are
nearly as near, or one is nearly near enough.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from math import log
from typing import Final

from schemas.events import AlertFacts

_ADDRESS: Final = re.compile(r"\S*(?:://|@)\S*")
_WORD: Final = re.compile(r"[^\W\d_][\w-]*")
_HASH: Final = re.compile(r"[a-f]{7,}")
_SHORTEST: Final = 3
_SAID_ALREADY: Final = frozenset(("alertname", "severity", "namespace"))
"""Labels that count by themselves."""
_ENOUGH: Final = 2.0
"""Words that only one cluster has, from which on more add nothing."""
_TEXTS: Final = 8_192


def words_of(facts: AlertFacts) -> frozenset[str]:
    """What an alert says beside the name of its rule and its namespace."""
    told = [text for name, text in sorted(facts.labels.items()) if name not in _SAID_ALREADY]
    texts = (facts.summary, *facts.annotations.values(), *told)
    said = {word for text in texts for word in _words(text)}
    return frozenset(
        said - {facts.name.lower(), (facts.namespace or facts.labels.get("namespace", "")).lower()}
    )


def shares(mine: Collection[str], said: Sequence[Collection[str]]) -> Iterator[float]:
    """For each of some clusters, by their words, how much of what few of them say an alert says too: from 0 to 1."""
    having = {word: sum(word in theirs for theirs in said) for word in mine}
    weights = {word: log(len(said) / n) / log(len(said)) for word, n in having.items() if 0 < n < len(said)}
    for theirs in said:
        yield min(1.0, sum(weight for word, weight in sorted(weights.items()) if word in theirs) / _ENOUGH)


@lru_cache(maxsize=_TEXTS)
def _words(text: str) -> frozenset[str]:
    """The words of a text, each without what follows its first part that has a digit."""
    found = set[str]()
    for word in _WORD.findall(_ADDRESS.sub(" ", text)):
        parts = word.lower().split("-")
        until = next(
            (n for n, part in enumerate(parts) if any(letter.isdigit() for letter in part)), len(parts)
        )
        kept = "-".join(parts[:until]).strip("-")
        if len(kept) >= _SHORTEST and not _HASH.fullmatch(kept):
            found.add(kept)
    return frozenset(found)
