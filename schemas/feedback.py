"""What people tell about an incident: who, when, and what it changes. A value of the topic feedback.

Who it was comes from a proxy, or from a token that the settings name; never from what was sent.
"""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from schemas.model import Message
from schemas.times import Micros

FeedbackKind = Literal[
    "confirm",
    "reject",
    "split",
    "merge",
    "false_page",
    "misroute",
    "hand_over",
    "update_sent",
    "close",
    "reopen",
    "undo",
]
NEEDED: Final[dict[str, tuple[str, str]]] = {
    "split": ("alerts", "the alerts that leave"),
    "merge": ("into", "the candidate that it belongs to"),
    "hand_over": ("team", "the team that takes over"),
    "close": ("cause", "the cause"),
    "undo": ("undoes", "the id of the feedback that is taken back"),
}
"""What a kind of feedback cannot do without: the field, and what it is called."""
MOST_ALERTS: Final = 2_000
"""Alerts that one feedback may name on either side of a split: as many as a candidate has."""


class AlertName(Message):
    """The name of one alert: an alert of a candidate, as its members list it."""

    fingerprint: str = Field(max_length=128, description="Fingerprint of the alert.")
    starts_at: Micros = Field(description="Start as published.")


class Feedback(Message):
    """What one person says about one candidate."""

    feedback_id: str = Field(
        max_length=64, description="From the tenant, the person and what was drawn before it was sent."
    )
    kind: FeedbackKind = Field(
        description="confirm, reject, split, merge, false_page, misroute, hand_over, update_sent, close, reopen, undo."
    )
    candidate_id: str = Field(max_length=64, description="Candidate that it is about, or any merged into it.")
    environment: str = Field(max_length=200, description="Environment of the candidate, as it prints it.")
    person: str = Field(
        min_length=1, max_length=200, description="Who says so, as the proxy or the settings name them."
    )
    via: str = Field(max_length=20, description="page or gateway.")
    given_at: Micros = Field(description="When it was taken from them: the ingest time.")
    source_ref: str | None = Field(
        None,
        max_length=300,
        description="Of confirm and reject: name of the change; none: no change is to blame.",
    )
    alerts: tuple[AlertName, ...] = Field(
        (), max_length=MOST_ALERTS, description="Of split: the alerts that leave."
    )
    kept: tuple[AlertName, ...] = Field(
        (),
        max_length=MOST_ALERTS,
        description="Of split: the alerts that stay; others stay where they fit best.",
    )
    into: str | None = Field(None, max_length=64, description="Of merge: the candidate that it belongs to.")
    team: str | None = Field(
        None, min_length=1, max_length=100, description="Of hand_over and misroute: whose it is."
    )
    cause: str | None = Field(None, min_length=1, max_length=500, description="Of close: what it was.")
    undoes: str | None = Field(None, max_length=64, description="Of undo: the feedback that is taken back.")
    note: str = Field("", max_length=500, description="Anything else, in their own words.")

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> Self:
        field, words = NEEDED.get(self.kind, ("kind", ""))
        if not getattr(self, field):
            raise ValueError(f"{self.kind} needs {field}: {words}")
        return self
