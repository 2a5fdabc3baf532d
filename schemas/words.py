"""Parts of a packet that are made of statements alone: its top signals, and its draft for people outside."""

from pydantic import Field

from schemas.claims import Claim
from schemas.model import Message


class TopSignal(Message):
    """One measurement, what an alert says itself, or a kind of signal that there is no source of."""

    kind: str = Field(description="alert, metrics, logs or traces: where it comes from.")
    service: str = Field("", description="Service that it is about.")
    name: str = Field("", description="What was measured, or the alert rule.")
    now: str | None = Field(None, description="The value at the end of the window, as a person would say it.")
    before: str | None = Field(None, description="The value at its start, for comparison.")
    text: str = Field(description="The line in words.")
    claim: Claim | None = Field(None, description="The line as a statement; none where there is no source.")


class OutsideDraft(Message):
    """Words for people outside, which name nothing of ours. They are sent by a person, or not at all."""

    needs_approval: bool = Field(True, description="Always true: nothing here is sent by itself.")
    sentences: tuple[Claim, ...] = Field((), description="The draft, a statement a sentence.")
