"""Owns how much a sender may have kept in `dead-letters`, so that refused deliveries cannot fill the disk.

Pure: a bucket of bytes for each sender, filled evenly over an hour. Goes to: the gateway.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.audit import DeadLetter
from schemas.settings import is_replay
from schemas.times import HOUR

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
        # Replay tenants are named by whoever replays: all of them share, so that names cannot fill the memory.
        tenant = "replay-" if is_replay(letter.tenant) else letter.tenant
        # What nobody has vouched for is kept without its content, and may not use up what the sender has.
        sender = (tenant, letter.source, bool(letter.original))
        left, at = self._left.get(sender, (float(self.bytes_per_hour), now))
        left = min(self.bytes_per_hour, left + self.bytes_per_hour * max(0, now - at) / HOUR)
        size = sum(_BESIDE + len(each.original) + len(each.delivery) for each in letters)
        enough = size <= left
        self._left[sender] = (left - size if enough else left, now)
        return enough
