"""Evidence ids of one candidate: given once, in the order of first citation, and never to another original."""

from collections import Counter
from dataclasses import dataclass, field

from schemas.claims import Claim, Evidence
from schemas.model import built
from schemas.times import format_time
from streams.answers import AnswerState
from streams.feedback import FeedbackState
from streams.state import AlertState, ChangeState, EntityState, Ref

Place = tuple[str, int, int]
"""Topic, partition and offset of an original."""


@dataclass(slots=True)
class Citations:
    """The numbers given so far in a candidate, and what the packet in hand cites."""

    numbers: dict[Place, int] = field(default_factory=dict)
    cited: dict[Place, Evidence] = field(default_factory=dict)
    _given: Counter[str] = field(default_factory=Counter)
    """The last number of each letter."""

    def alert(self, alert: AlertState) -> str:
        """Cites the notification that says what the alert says."""
        facts = alert.facts
        return self._cite(alert.ref, "alert", facts.source_ref, facts.starts_at, facts.link)

    def resolution(self, alert: AlertState) -> str:
        """Cites the notification that resolved an alert."""
        facts = alert.facts
        ref, at = alert.resolved or alert.ref, alert.ended_at or facts.starts_at
        return self._cite(ref, "alert", facts.source_ref, at, facts.link)

    def change(self, change: ChangeState) -> str:
        """Cites the report of a change that counts."""
        facts = change.facts
        return self._cite(change.ref, facts.kind, facts.source_ref, facts.effective_at, facts.link)

    def entity(self, entity: EntityState) -> str:
        """Cites a catalog entry."""
        facts = entity.facts
        return self._cite(entity.ref, "entity", facts.entity, entity.ref.ingested_at, facts.link)

    def feedback(self, said: FeedbackState) -> str:
        """Cites what a person said."""
        facts = said.facts
        return self._cite(said.ref, "feedback", f"feedback:{facts.feedback_id}", facts.given_at, None)

    def answer(self, answer: AnswerState) -> str:
        """Cites the answer of a query, as q1, q2, ..."""
        facts = answer.facts
        return self._cite(answer.ref, "answer", f"{facts.source}:{facts.answer_id}", facts.closes, facts.link)

    def _cite(self, ref: Ref, kind: str, source_ref: str, at: int, link: str | None) -> str:
        place = (ref.topic, ref.partition, ref.offset)
        known = self.cited.get(place)
        if known is None:
            known = self.cited[place] = built(
                Evidence,
                id=f"{_letter(ref.topic)}{self.numbers.get(place) or self._number(place)}",
                kind=kind,
                source_ref=source_ref,
                topic=ref.topic,
                partition=ref.partition,
                offset=ref.offset,
                content_hash=ref.content_hash,
                at=at,
                link=link,
            )
        return known.id

    def listed(self) -> tuple[Evidence, ...]:
        """All that has been cited, by number."""
        return tuple(sorted(self.cited.values(), key=lambda evidence: (evidence.id[0], int(evidence.id[1:]))))

    def _number(self, place: Place) -> int:
        """The next number of its letter."""
        letter = _letter(place[0])
        if not self._given:
            self._given = Counter(_letter(topic) for topic, _, _ in self.numbers)
        self._given[letter] += 1
        self.numbers[place] = self._given[letter]
        return self.numbers[place]


def _letter(topic: str) -> str:
    """Q for the stored answer of a query, e for any other stored original."""
    return "q" if topic == "answers" else "e"


def claim(text: str, *evidence: str, values: tuple[str | None, ...] = ()) -> Claim:
    """A statement with its evidence; values that are not known are left out."""
    if not evidence:
        raise ValueError(f"nothing shows that {text}: a statement cites what it rests on")
    cited = evidence if len(evidence) == 1 else tuple(dict.fromkeys(evidence))
    return built(Claim, text=text, values=tuple([value for value in values if value]), evidence=cited)


def time_value(at: int) -> str:
    """A time as a literal value of a claim."""
    return format_time(at)
