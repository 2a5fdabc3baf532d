"""What people have said in one scope: which candidate each means, what counts, and what it wishes to be kept together.

A candidate is known by its first alert, so that what was said of it follows it wherever it is merged into. Every
part of it is a pure function of the set of what was said and the alerts, so that no order of arrival matters.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.feedback import AlertName, Feedback
from schemas.identity import candidate_id
from schemas.signals import Signal
from schemas.times import DAY
from streams.state import AlertKey, Ref, ref_of, settle_time
from streams.wishes import NO_WISHES, Merge, Split, Wishes

ROUTING: Final = frozenset({"hand_over", "misroute"})
"""What is remembered of incidents that are long over: to whom such alerts belong."""
_KEPT: Final = 90 * DAY
_MOST: Final = 10_000
"""What is remembered of one scope; beyond it the oldest goes."""


class About(NamedTuple):
    """Of which kind the alert was that named a candidate."""

    alert: str
    service: str | None


@dataclass(slots=True)
class FeedbackState:
    """What one person has said, and which alerts it means."""

    facts: Feedback
    ref: Ref
    settle_at: int
    """Time of the clock from which decisions count it."""
    anchor: AlertKey | None = None
    """First alert of the candidate that it is about, once that is known."""
    other: AlertKey | None = None
    """Of a merge: first alert of the candidate that it belongs to."""
    about: About | None = None
    recorded: bool = False
    """True once the audit says that it was heard."""

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among others: by ingest time, and its id."""
        return self.ref.ingested_at, self.facts.feedback_id

    def names(self) -> Iterator[str]:
        """The candidates that it names, whose first alerts are not known yet."""
        if self.anchor is None:
            yield self.facts.candidate_id
        if self.facts.into and self.other is None:
            yield self.facts.into

    def find(self, name: str, key: AlertKey, about: About) -> None:
        """The candidate of this name begins with this alert."""
        if name == self.facts.candidate_id:
            self.anchor, self.about = key, about
        if name == self.facts.into:
            self.other = key

    def keys(self) -> set[AlertKey]:
        """The alerts whose candidates it may change."""
        named = (keyed(self.facts.alerts), keyed(self.facts.kept), {self.anchor}, {self.other})
        return {key for keys in named for key in keys if key is not None}


Counts = Callable[[FeedbackState], bool]


def feedback_of(signal: Signal, facts: Feedback, lateness: int) -> FeedbackState:
    """What a signal says a person has said."""
    return FeedbackState(facts, ref_of(signal), settle_time(signal, lateness))


def keyed(names: Iterable[AlertName]) -> frozenset[AlertKey]:
    """The keys of alerts by their names."""
    return frozenset((name.starts_at, name.fingerprint) for name in names)


@dataclass(slots=True)
class FeedbackBook:
    """All that was said in a scope, by id."""

    by_id: dict[str, FeedbackState] = field(default_factory=dict)
    # Worked out again where it is asked for, so that a book that came from a snapshot equals the one that went in.
    _live: tuple[FeedbackState, ...] | None = field(default=None, compare=False)
    _wishes: Wishes | None = field(default=None, compare=False)
    version: int = field(default=0, compare=False)
    """Counts the times that something was found out."""

    def add(self, said: FeedbackState) -> bool:
        """Takes in what was said; False for a repeat. Of two under one id the earlier counts."""
        known = self.by_id.get(said.facts.feedback_id)
        if known is not None and known.ref <= said.ref:
            return False
        self.by_id[said.facts.feedback_id] = said
        self.changed()
        return True

    def changed(self) -> None:
        """Something has been found out of what was said."""
        self._live = self._wishes = None
        self.version += 1

    def waiting(self) -> set[str]:
        """The candidates that are named, and not known yet."""
        return {name for said in self.by_id.values() for name in said.names()}

    def find(self, environment: str, keys: Iterable[AlertKey], about: Callable[[AlertKey], About]) -> bool:
        """Finds the candidates that were named and begin with one of these alerts; False where there are none."""
        wanted = self.waiting()
        found = [*named_by(environment, keys, wanted)] if wanted else []
        for name, key in found:
            for said in self.by_id.values():
                said.find(name, key, about(key))
        if found:
            self.changed()
        return bool(found)

    def counting(self, counts: Counts | None = None) -> tuple[FeedbackState, ...]:
        """What counts, in order: all but what was taken back, and what `counts` leaves out."""
        if counts is not None:
            return _counting(said for said in self.by_id.values() if counts(said))
        if self._live is None:
            self._live = _counting(self.by_id.values())
        return self._live

    def wishes(self, counts: Counts | None = None) -> Wishes:
        """What people want to be one incident, and what two."""
        if not self.by_id:
            return NO_WISHES
        if counts is not None:
            return Wishes(tuple(_wishes(self.counting(counts))))
        if self._wishes is None:
            self._wishes = Wishes(tuple(_wishes(self.counting())))
        return self._wishes

    def drop_before(self, moment: int, known: Callable[[AlertKey], bool]) -> None:
        """Forgets what was said before `moment` of alerts that are not known any more, but for the routing."""
        for said in list(self.by_id.values()):
            at, routing = said.ref.ingested_at, said.facts.kind in ROUTING and said.about is not None
            lost = said.anchor is None or not known(said.anchor)
            if lost and at < (moment - _KEPT if routing else moment):
                del self.by_id[said.facts.feedback_id]
        for said in sorted(self.by_id.values(), key=lambda said: said.place)[:-_MOST]:
            del self.by_id[said.facts.feedback_id]
        self.changed()


def named_by(environment: str, keys: Iterable[AlertKey], wanted: set[str]) -> Iterator[tuple[str, AlertKey]]:
    """Which of the candidates are named after which of the alerts."""
    for starts_at, fingerprint in keys:
        name = candidate_id(environment, starts_at, fingerprint)
        if name in wanted:
            yield name, (starts_at, fingerprint)


def _counting(states: Iterable[FeedbackState]) -> tuple[FeedbackState, ...]:
    """In order, without what a later one takes back; one that was itself taken back takes nothing back."""
    gone, kept = set[str](), list[FeedbackState]()
    for said in sorted(states, key=lambda said: said.place, reverse=True):
        if said.facts.feedback_id in gone:
            continue
        if said.facts.undoes:
            gone.add(said.facts.undoes)
        kept.append(said)
    return tuple(reversed(kept))


def _wishes(states: Iterable[FeedbackState]) -> Iterator[Merge | Split]:
    for said in states:
        if said.anchor is None:
            continue
        if said.facts.kind == "merge" and said.other is not None:
            yield Merge(said.anchor, said.other)
        if said.facts.kind == "split":
            leaving = keyed(said.facts.alerts)
            yield Split(leaving, (keyed(said.facts.kept) | {said.anchor}) - leaving)
