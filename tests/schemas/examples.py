"""Owns reading the committed examples. Goes to: every test that wants a realistic message of a topic."""

from importlib.resources import files

from schemas.model import Message
from schemas.topics import TOPICS


def example(topic: str, version: int | None = None) -> Message:
    """The example of a topic's version (the newest without one), as the newest model."""
    return TOPICS[topic].model.model_validate_json(
        example_text(topic, version or TOPICS[topic].version, "json")
    )


def example_bytes(topic: str, version: int) -> bytes:
    """The committed bytes of the same example in wire format, as the code of its time wrote them."""
    return bytes.fromhex(example_text(topic, version, "hex"))


def example_text(topic: str, version: int, kind: str) -> str:
    """The committed file as text: `kind` is json or hex."""
    return files("schemas").joinpath("examples", topic, f"v{version}.{kind}").read_text("utf-8")
