"""Owns quoting what a sender wrote in a line for people: masked, in one line, short.

Goes to: the adapters, for the words about items that they refuse or ignore.
"""

from typing import Final

from sources.fields import literal
from streams.redact import Json, redact

_LONGEST: Final = 80


def quoted(value: Json) -> str:
    """The value as text, with its secrets masked, on one line, cut after 80 characters."""
    return " ".join(literal(redact(value)).split())[:_LONGEST]
