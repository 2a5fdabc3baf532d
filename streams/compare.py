"""What another build or other settings would have said of the same recording: two lists of final candidates compared.

Alerts are the same in both; candidates are told apart by which alerts they hold. Goes to: `incidents replay --compare`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from schemas.model import Message
from schemas.packets import Candidate
from streams.state import AlertKey

NO_CHANGE: Final = "no change is to blame"
NOBODY: Final = "nobody"


class Regrouped(Message):
    """One candidate whose alerts lie in several on the other side."""

    candidate: str
    """Its short id."""
    title: str
    others: tuple[str, ...]
    """Short ids on the other side, those with the most of its alerts first."""
    alerts: tuple[int, ...]
    """How many of its alerts each of them has."""


class Other(Message):
    """One thing that a candidate says otherwise."""

    candidate: str
    """Short id before."""
    title: str
    what: str
    """suspect, root, owner or action."""
    before: str
    after: str


class Comparison(Message):
    """What would change. A page is one candidate: somebody is woken once for each."""

    pages_before: int
    pages_after: int
    split: tuple[Regrouped, ...]
    merged: tuple[Regrouped, ...]
    others: tuple[Other, ...]

    @property
    def pages_saved(self) -> int:
        """How many fewer candidates there would be; below zero: more."""
        return self.pages_before - self.pages_after

    @property
    def is_same(self) -> bool:
        """True where nothing would change."""
        return not (self.split or self.merged or self.others or self.pages_saved)


class _Side(NamedTuple):
    """Final candidates by id, and which of them holds each alert."""

    candidates: Mapping[str, Candidate]
    holders: Mapping[AlertKey, str]


def compare(before: Iterable[Candidate], after: Iterable[Candidate]) -> Comparison:
    """Both may hold any number of revisions in log order; the last of each candidate counts."""
    old, new = _side(before), _side(after)
    return Comparison(
        pages_before=len(old.candidates),
        pages_after=len(new.candidates),
        split=tuple(_regrouped(old, new)),
        merged=tuple(_regrouped(new, old)),
        others=tuple(_others(old, new)),
    )


def _side(candidates: Iterable[Candidate]) -> _Side:
    last = {candidate.candidate_id: candidate for candidate in candidates}
    final = {name: one for name, one in last.items() if one.merged_into is None}
    return _Side(final, {key: name for name, one in final.items() for key in _alerts(one)})


def _alerts(candidate: Candidate) -> Iterator[AlertKey]:
    return ((member.starts_at, member.fingerprint) for member in candidate.members)


def _shared(candidate: Candidate, other: _Side) -> Sequence[tuple[Candidate, int]]:
    """The candidates on the other side that hold its alerts, with how many, those with the most first."""
    counts: dict[str, int] = {}
    for key in _alerts(candidate):
        if key in other.holders:
            counts[other.holders[key]] = counts.get(other.holders[key], 0) + 1
    ordered = sorted(counts, key=lambda name: (-counts[name], other.candidates[name].opened_at, name))
    return [(other.candidates[name], counts[name]) for name in ordered]


def _in_order(side: _Side) -> list[Candidate]:
    return sorted(side.candidates.values(), key=lambda one: (one.opened_at, one.candidate_id))


def _regrouped(here: _Side, there: _Side) -> Iterator[Regrouped]:
    for candidate in _in_order(here):
        shared = _shared(candidate, there)
        if len(shared) > 1:
            yield Regrouped(
                candidate=candidate.short_id,
                title=candidate.title,
                others=tuple(other.short_id for other, _ in shared),
                alerts=tuple(alerts for _, alerts in shared),
            )


def _others(old: _Side, new: _Side) -> Iterator[Other]:
    """What each candidate says otherwise than the one with most of its alerts on the other side."""
    for candidate in _in_order(old):
        for counterpart, _ in _shared(candidate, new)[:1]:
            said, says = _told(candidate), _told(counterpart)
            for what in said:
                if said[what] != says[what]:
                    yield Other(
                        candidate=candidate.short_id,
                        title=candidate.title,
                        what=what,
                        before=said[what],
                        after=says[what],
                    )


def _told(candidate: Candidate) -> dict[str, str]:
    suspect = candidate.suspects[0].source_ref if candidate.suspects else None
    actions = ", ".join(f"{proposal.action} {proposal.target}" for proposal in candidate.proposals)
    return {
        "suspect": suspect or NO_CHANGE,
        "root": next(iter(candidate.root_services), "none"),
        "owner": candidate.owner or NOBODY,
        "action": actions or "none",
    }
