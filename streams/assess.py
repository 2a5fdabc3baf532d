"""What is thought of one group of alerts: its suspects, roots and owner, given the surroundings of its scope."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from schemas.events import Severity
from schemas.identity import candidate_id
from schemas.settings import Settings
from streams.answers import AnswerBook, AnswerState
from streams.blame import Owner, owner_of, root_beliefs, roots_of
from streams.changes import ChangeBook
from streams.cooccurrence import Followed, followed
from streams.correlate import Index
from streams.desk import Desk
from streams.feedback import FeedbackBook, FeedbackState
from streams.feeds import Feeds
from streams.group import Group
from streams.hearing import closing, heard, owner_by_people, said_of
from streams.rank import Scored, Window, alerting, rank, window_of, window_times
from streams.state import ChangeState, highest
from streams.topology import Topology
from streams.undoing import Story, place_of, story_of


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a scope knows beside its alerts, at one point of the log."""

    tenant: str
    environment: str
    topology: Topology
    books: tuple[ChangeBook, ...]
    """Changes of the scope and of the whole tenant."""
    kinds_seen: Mapping[str, int]
    """Kinds of change that the tenant has ever published, with the time of the earliest."""
    behind: tuple[tuple[str, int], ...]
    """Inputs that lag, as text, with the microseconds by which they do."""
    evicted: int
    """Alerts that had to be forgotten because there were too many."""
    desk: Desk = field(default_factory=Desk)
    """Rotas and runbooks."""
    said: FeedbackBook = field(default_factory=FeedbackBook)
    """What people have said."""
    feeds: tuple[Feeds, ...] = ()
    """How regularly changes of the scope, and of the whole tenant, are reported."""
    answers: AnswerBook = field(default_factory=AnswerBook)
    """What queries about candidates of the scope have given."""
    past: Index | None = None
    """The alerts that have settled."""

    def changes(self, opens: int, closes: int) -> Iterator[ChangeState]:
        """The changes that took effect from `opens` to `closes`."""
        return chain.from_iterable(book.between(opens, closes) for book in self.books)

    def story(self, change: ChangeState, counts: Callable[[ChangeState], bool] | None) -> Story:
        """The changes of the same target before it, and the one that followed."""
        others = [other for other in self.of_target(change) if counts is None or counts(other)]
        return story_of(change, others)

    def neighbours(self, change: ChangeState) -> tuple[ChangeState | None, list[ChangeState]]:
        """Of the changes of the same target, the one before it, and all after it."""
        place = place_of(change)
        others = sorted((other for other in self.of_target(change) if other.suspectable), key=place_of)
        before = [other for other in others if place_of(other) < place]
        return before[-1] if before else None, [other for other in others if place_of(other) > place]

    def undoing(self, change: ChangeState) -> Iterator[ChangeState]:
        """Later changes of the same target that went back to the value from before, or took away what it made."""
        before, at = change.facts.before, change.facts.effective_at
        created = change.facts.operation == "create"
        for other in self.of_target(change):
            gone = created and other.facts.operation == "delete"
            back = before is not None and other.facts.after == before
            if (gone or back) and other.facts.effective_at > at:
                yield other

    def of_target(self, change: ChangeState) -> Iterator[ChangeState]:
        """The changes of the same target, itself among them."""
        return chain.from_iterable(book.of_target(change.facts.target) for book in self.books)


@dataclass(frozen=True, slots=True)
class Assessment:
    """One group of alerts and what is thought of it."""

    candidate_id: str
    group: Group
    window: Window
    ranked: tuple[Scored, ...]
    roots: tuple[str, ...]
    owner: Owner
    services: tuple[str, ...]
    undone_by: ChangeState | None = None
    """The later change that took the top suspect back."""
    said: tuple[FeedbackState, ...] = ()
    """What people have said of it, in order."""
    closed: FeedbackState | None = None
    """What closed it, where a person has."""
    answers: tuple[AnswerState, ...] = ()
    """What queries about it have given; nothing of it is decided by."""

    @property
    def opened_at(self) -> int:
        """Start of its earliest alert, as published."""
        return self.group.placed[0].alert.facts.starts_at

    @property
    def top(self) -> Scored:
        """The likeliest explanation."""
        return self.ranked[0]

    @property
    def severity(self) -> Severity:
        """The highest severity among its alerts."""
        return highest(placed.alert.facts.severity for placed in self.group.placed)

    @property
    def firing(self) -> bool:
        """True while any of its alerts is."""
        return any(placed.alert.firing for placed in self.group.placed)


def assess(
    group: Group,
    around: Surroundings,
    settings: Settings,
    counts: Callable[[ChangeState | FeedbackState], bool] | None = None,
) -> Assessment:
    """Ranks the changes near a group and finds its root and owner.

    `counts` leaves changes, and what people have said, out where it is False.
    """
    known = around.said.counting(counts)
    said = said_of(group, known)
    opens, closes = window_times(group, settings.ranking)
    changes = (change for change in around.changes(opens, closes) if counts is None or counts(change))

    def followed_by(change: ChangeState, story: Story) -> Followed | None:
        past = around.past
        return followed(change, story.before, group, past, settings.ranking) if past else None

    window = window_of(
        group, changes, lambda change: around.story(change, counts), settings.ranking, followed_by
    )
    ranked = heard(rank(group, window, settings.ranking), said, settings.ranking)
    beliefs = root_beliefs(group, ranked, around.topology)
    roots = roots_of(group, beliefs)
    owner = owner_of(group, roots, beliefs, around.topology, around.desk)
    return Assessment(
        candidate_id=id_of(group, around),
        group=group,
        window=window,
        ranked=ranked,
        roots=roots,
        owner=owner_by_people(owner, group, said, known),
        services=alerting(group),
        undone_by=_undoing(ranked[0].change, around, counts),
        said=said,
        closed=closing(said, group),
        answers=around.answers.of(placed.alert.key for placed in group.placed),
    )


def _undoing(
    suspect: ChangeState | None, around: Surroundings, counts: Callable[[ChangeState], bool] | None
) -> ChangeState | None:
    """The first later change of the same target that went back to the value from before."""
    if suspect is None:
        return None
    later = around.undoing(suspect)
    undoing = [change for change in later if change.suspectable and (counts is None or counts(change))]
    return min(undoing, key=lambda change: (change.facts.effective_at, change.facts.source_ref), default=None)


def id_of(group: Group, around: Surroundings) -> str:
    """The id of the candidate that a group is: from its earliest member."""
    starts_at, fingerprint = group.first
    return candidate_id(around.environment, starts_at, fingerprint)
