"""What a source of signals answered to a read-only query about a candidate. A value of the topic answers.

A query is named by its content: candidate, source, expression and window. Its answer is an input like any other.
"""

from typing import Literal

from pydantic import Field

from schemas.model import Message
from schemas.times import Micros

Outcome = Literal[
    "answered", "empty", "no_number", "unreachable", "timed_out", "refused", "too_large", "malformed"
]
Aspect = Literal["errors", "latency", "traffic", "saturation", "check"]
Unit = Literal["share", "seconds", "per_second", "count"]


class AnswerFacts(Message):
    """One query and what came of it; a number only where the source gave one."""

    answer_id: str = Field(
        max_length=64, description="Of the query: from candidate, source, expression, window."
    )
    candidate_id: str = Field(max_length=64, description="Candidate that it was asked for.")
    fingerprint: str = Field(max_length=128, description="Fingerprint of the candidate's first alert.")
    starts_at: Micros = Field(description="Start of that alert as published.")
    environment: str = Field(max_length=200, description="Environment of the candidate.")
    source: str = Field(description="What was asked: prometheus.")
    aspect: Aspect = Field(description="errors, latency, traffic, saturation, or check.")
    service: str = Field(max_length=200, description="Service that it is about.")
    title: str = Field(max_length=200, description="What was measured, in words.")
    unit: Unit = Field(description="share, seconds, per_second or count.")
    query: str = Field(max_length=4000, description="The expression.")
    opens: Micros = Field(description="Start of the window.")
    closes: Micros = Field(description="End of the window.")
    outcome: Outcome = Field(
        description="answered, empty, no_number, unreachable, timed_out, refused, too_large or malformed."
    )
    value: str | None = Field(
        None, description="The number at the end of the window, as the source wrote it."
    )
    before: str | None = Field(None, description="The number at its start, as the source wrote it.")
    detail: str = Field("", max_length=500, description="What the source said, where it gave no number.")
    asked_at: Micros = Field(description="When it was asked.")
    link: str | None = Field(None, max_length=2000, description="Address at which a person can ask the same.")


class Answer(AnswerFacts):
    """A value of the topic answers."""

    original: str = Field("", description="The query and the answer as it came: JSON, redacted.")
