"""What people have said, as a snapshot holds it. Goes to: `streams.snapshot`, which says what JSON is there."""

from typing import Any

from schemas.feedback import Feedback
from streams.feedback import About, FeedbackBook, FeedbackState
from streams.state import AlertKey, Ref


def dump_said(book: FeedbackBook) -> list[Any]:
    """A book as JSON, by id."""
    return [
        {
            "facts": said.facts.model_dump(),
            "ref": said.ref,
            "settle_at": said.settle_at,
            "anchor": said.anchor,
            "other": said.other,
            "about": said.about,
            "recorded": said.recorded,
        }
        for _, said in sorted(book.by_id.items())
    ]


def load_said(stored: list[Any]) -> FeedbackBook:
    """The book that `dump_said` wrote."""
    states = map(_load, stored)
    return FeedbackBook({said.facts.feedback_id: said for said in states})


def _load(stored: Any) -> FeedbackState:  # noqa: ANN401 - JSON
    return FeedbackState(
        facts=Feedback.model_validate(stored["facts"]),
        ref=Ref(*stored["ref"]),
        settle_at=stored["settle_at"],
        anchor=_key(stored["anchor"]),
        other=_key(stored["other"]),
        about=About(*stored["about"]) if stored["about"] else None,
        recorded=stored["recorded"],
    )


def _key(stored: Any) -> AlertKey | None:  # noqa: ANN401 - JSON
    return (stored[0], stored[1]) if stored else None
