"""Owns what a change's status says about blame: only what took effect can be to blame, and why else not.

Tables only. May not: know a format. Goes to: the adapters of changes.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import ChangeStatus

_VERDICTS: Final[Mapping[ChangeStatus, str]] = {
    "succeeded": "",
    "started": "has not taken effect yet",
    "failed": "failed, so it did not take effect",
    "unknown": "its state is not one that we know",
}
_OPPOSITES: Final[Mapping[str, str]] = {"on": "off", "off": "on", "true": "false", "false": "true"}


def verdict_of(status: ChangeStatus) -> str:
    """Why a change with this status cannot be to blame, in words; an empty text for one that took effect."""
    return _VERDICTS[status]


def opposite(switched: str | None) -> str | None:
    """What a switch was before it was turned to `switched`: on or off, true or false; None for other words."""
    return _OPPOSITES.get(switched or "")
