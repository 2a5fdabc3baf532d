"""Owns what the annotations of an alert say in words: its summary, and the value that it states.

May not: compute a value; what is found stands so in the annotation. Goes to: the adapters of alert formats.
"""

import re
from collections.abc import Mapping
from typing import Final

_SUMMARY: Final = ("summary", "message", "description", "title")
_VALUE: Final = ("value", "current_value", "currentValue", "Value", "VALUE")
_STATED_IN: Final = ("description", "message", "summary")
_STATED: Final = re.compile(
    r"\bis (?:now |at |above )?(-?\d+(?:[.,]\d+)*(?: ?(?:%|[a-zA-Zµ°]{1,8}(?:/[a-z]{1,3})?\b))?)"
)
"""`... is 32.77%, usual level 9.9%`: the number after "is", with its unit."""


def summary_of(annotations: Mapping[str, str], name: str) -> str:
    """What the alert says in its own words, more than its name where it says more."""
    words = [annotations[key] for key in _SUMMARY if annotations.get(key)]
    return next((said for said in words if said != name), words[0] if words else "")


def value_of(annotations: Mapping[str, str]) -> str | None:
    """The measured value that an annotation states, with its unit, literally."""
    for key in _VALUE:
        if annotations.get(key):
            return annotations[key]
    found = (_STATED.search(annotations.get(key, "")) for key in _STATED_IN)
    return next((match[1] for match in found if match), None)
