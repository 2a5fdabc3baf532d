"""Owns waiting for a fact in a test, so that no test sleeps for a guessed time.

Goes to: every test that watches another process or a broker.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_PAUSE_S = 0.02


def eventually(fact: Callable[[], T | None], deadline_s: float, what: str) -> T:
    """The first true value of `fact`, asked again and again; AssertionError naming `what` after `deadline_s`.

    An AssertionError, OSError or LookupError inside `fact` means "not yet", and is told if it stays so.
    """
    end = time.monotonic() + deadline_s
    while True:
        value: T | None = None
        told = ""
        try:
            value = fact()
        except (AssertionError, OSError, LookupError) as error:
            told = f"; the last answer was {type(error).__name__}: {error}"
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(
                f"not within {deadline_s:g} s: {what}{told or f'; the answer was {value!r}'}"
            )
        time.sleep(_PAUSE_S)
