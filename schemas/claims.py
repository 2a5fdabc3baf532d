"""What every packet rests on: statements, and the stored originals that they cite."""

from pydantic import Field

from schemas.model import Message
from schemas.times import Micros


class Evidence(Message):
    """Where a stored original is, and what its content hashes to."""

    id: str = Field(
        description="e1, e2, ... within the candidate, q1, q2, ... for answers; never given to another original."
    )
    kind: str = Field(description="alert, answer, deploy, flag, config, entity or feedback.")
    source_ref: str = Field(description="Name of the original in its own tool.")
    topic: str = Field(description="Input topic.")
    partition: int = Field(description="Partition of the input topic.")
    offset: int = Field(description="Offset in the partition.")
    content_hash: str = Field(description="SHA-256 of the redacted original, in hexadecimal digits.")
    at: Micros = Field(description="Event time of the original.")
    link: str | None = Field(None, description="Address in its tool.")


class Claim(Message):
    """One statement, the literal values that it states, and the evidence that contains them."""

    text: str = Field(description="The statement, in words.")
    values: tuple[str, ...] = Field((), description="Literal values that stand in the cited originals.")
    evidence: tuple[str, ...] = Field(min_length=1, description="Ids of the cited evidence.")
