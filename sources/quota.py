"""Owns what one sender may take of the gateway: requests, and room in `dead-letters` for what is refused.

So a sender leaves room for others, and cannot fill the disk. Pure: buckets, filled evenly. Goes to: the gateway.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.audit import DeadLetter
from schemas.settings import is_replay
from schemas.times import HOUR, SECOND

_BURST_S = 30.0
"""How many seconds' worth of requests may come at once."""
_BESIDE = 1_000
"""Bytes that a letter takes beside what it keeps of its delivery: its words, its key, its audit entry."""


@dataclass(slots=True)
class LetterQuota:
    """What each sender has left of `bytes_per_hour`; a sender is a tenant with a source."""

    bytes_per_hour: int
    _left: dict[tuple[str, str, bool], tuple[float, int]] = field(default_factory=dict, init=False)

    def takes(self, letters: Sequence[DeadLetter], now: int) -> bool:
        """True when these letters of one delivery may be kept at `now` (microseconds), and then counts them."""
        if not letters:
            return True
        letter = letters[0]
        # What nobody has vouched for is kept without its content, and may not use up what the sender has.
        sender = (_named(letter.tenant), letter.source, bool(letter.original))
        left, at = self._left.get(sender, (float(self.bytes_per_hour), now))
        left = min(self.bytes_per_hour, left + self.bytes_per_hour * max(0, now - at) / HOUR)
        size = sum(_BESIDE + len(each.original) + len(each.delivery) for each in letters)
        enough = size <= left
        self._left[sender] = (left - size if enough else left, now)
        return enough


@dataclass(slots=True)
class RequestQuota:
    """What each sender has left of `per_s` requests a second; a sender is a tenant with a source."""

    per_s: float
    _left: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict, init=False)

    def wait_s(self, tenant: str, source: str, now: int) -> float:
        """0 when one more may pass at `now` (microseconds), which is counted; else seconds until one may."""
        sender = (_named(tenant), source)
        most = max(1.0, self.per_s * _BURST_S)
        left, at = self._left.get(sender, (most, now))
        left = min(most, left + self.per_s * max(0, now - at) / SECOND)
        passes = left >= 1
        self._left[sender] = (left - passes, now)
        return 0.0 if passes else (1 - left) / self.per_s


def _named(tenant: str) -> str:
    """Replay tenants are named by whoever replays: all of them share, so that names cannot fill the memory."""
    return "replay-" if is_replay(tenant) else tenant
