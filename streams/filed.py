"""What an index files an alert by; where that changes, it is filed anew. Goes to: `streams.again`."""

from schemas.events import AlertFacts
from streams.vocabulary import words_of


def filed_by(facts: AlertFacts) -> tuple[object, ...]:
    """What an index files an alert by; hardly ever another in two notifications of one alert."""
    named = facts.service, facts.namespace, facts.references, facts.labels.get("namespace")
    return facts.source, facts.name, words_of(facts), *named
