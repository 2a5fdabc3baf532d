"""Owns recognising an environment in a name that was made for something else: a path, a group, a workspace.

May not: make one up; a name without such a word at its end names none. Goes to: the adapters of changes, where
the sender has no field for the environment.
"""

import re
from typing import Final

_WORDS: Final = frozenset(
    "production prod prd live staging stage stg preprod preproduction prestaging development dev"  # noqa: SIM905 - words
    " test testing qa uat integration sandbox demo preview".split()
)
_END: Final = re.compile(r"(?:^|[^A-Za-z0-9])([A-Za-z]+)/?$")


def environment_in(name: str | None) -> str | None:
    """The environment that a name ends with, as it is spelt there: `production` of `overlays/production`."""
    found = _END.search(name or "")
    return found[1] if found and found[1].lower() in _WORDS else None
