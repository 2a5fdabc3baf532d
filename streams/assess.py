"""What is thought of one group of alerts: its suspects, roots and owner, given the surroundings of its scope."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from schemas.events import Severity
from schemas.identity import candidate_id
from schemas.settings import Settings
from schemas.thresholds import RankingSettings
from schemas.times import EARLIEST
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
from streams.undoing import History, Story, history_of


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
    _histories: dict[tuple[str, int | None], History] = field(default_factory=dict, init=False)

    def changes(self, opens: int, closes: int) -> Iterator[ChangeState]:
        """The changes that took effect from `opens` to `closes`."""
        return chain.from_iterable(book.between(opens, closes) for book in self.books)

    def history(self, target: str, by: int | None = None) -> History:
        """The changes of a target that did something to it; with `by`, those that have settled by then."""
        if (target, by) not in self._histories:
            known = [history for book in self.books if (history := book.history(target)).changes]
            told = known[0] if len(known) == 1 else history_of(one for each in known for one in each.changes)
            self._histories[target, by] = told.settled(by)
        return self._histories[target, by]

    def undoing(self, change: ChangeState, by: int | None) -> Iterator[ChangeState]:
        """Later changes of the same target that went back to the value from before, or took away what it made."""
        before, at = change.facts.before, change.facts.effective_at
        created = change.facts.operation == "create"
        for other in self.history(change.facts.target, by).after(change):
            gone = created and other.facts.operation == "delete"
            back = before is not None and other.facts.after == before
            if (gone or back) and other.facts.effective_at > at:
                yield other


@dataclass(slots=True)
class Basis:
    """What an assessment rests on, beside its alerts: while that is the same, so is it."""

    settles: int = EARLIEST
    """Time of the clock by which all has settled that could count."""
    targets: set[str] = field(default_factory=set)
    """Targets of which all changes counted; of others those within the window."""
    past: bool = False
    """True where it counted which alerts have settled that began before it."""


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
    beliefs: Mapping[str, float] = field(default_factory=dict)
    """Share of belief in each service as the root."""
    basis: Basis = field(default_factory=Basis)

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
    by: int | None = None,
) -> Assessment:
    """Ranks the changes near a group and finds its root and owner.

    With `by`, changes and what people have said count only where they have settled by that time of the clock.
    """
    known = around.said.counting(None if by is None else lambda said: said.settle_at <= by)
    said = said_of(group, known)
    basis = Basis(max((one.settle_at for one in around.said.by_id.values()), default=EARLIEST))
    window = _window(group, around, settings.ranking, by, basis)
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
        undone_by=_undoing(ranked[0].change, around, by),
        said=said,
        closed=closing(said, group),
        answers=around.answers.of(placed.alert.key for placed in group.placed),
        beliefs=beliefs,
        basis=basis,
    )


def _window(
    group: Group, around: Surroundings, settings: RankingSettings, by: int | None, basis: Basis
) -> Window:
    """The changes near a group; notes what it rests on."""

    def followed_by(change: ChangeState, story: Story) -> Followed | None:
        basis.past = True
        return followed(change, story.before, group, around.past, settings) if around.past else None

    def story_of(change: ChangeState) -> Story:
        basis.targets.add(change.facts.target)
        return around.history(change.facts.target, by).story(change)

    opens, closes = window_times(group, settings)
    changes = [change for change in around.changes(opens, closes) if change.suspectable]
    counting = changes if by is None else [change for change in changes if change.settle_at <= by]
    window = window_of(group, counting, story_of, settings, followed_by)
    histories = (around.history(target) for target in basis.targets)
    settles = (*(change.settle_at for change in changes), *(one.latest_settle for one in histories))
    basis.settles = max(basis.settles, *settles, EARLIEST)
    return window


def _undoing(suspect: ChangeState | None, around: Surroundings, by: int | None) -> ChangeState | None:
    """The first later change of the same target that went back to the value from before."""
    if suspect is None:
        return None
    return next(around.undoing(suspect, by), None)


def id_of(group: Group, around: Surroundings) -> str:
    """The id of the candidate that a group is: from its earliest member."""
    starts_at, fingerprint = group.first
    return candidate_id(around.environment, starts_at, fingerprint)
