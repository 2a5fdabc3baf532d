"""Owns watching a replay's packets come by: the first one, and the ones that it ends with.

May not: change or judge a packet. Goes to: `cli.demo`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.codec import decode
from schemas.model import Message
from schemas.packets import Candidate, Packet
from wire.follow import Follower

_POLL_S = 0.05


class NothingCame(RuntimeError):
    """The replay ended without the packets that it should give. The text is one line for a person."""


@dataclass
class Watching:
    """The packets of one tenant, by candidate, the newest of each; without what became part of another."""

    packets: Follower
    candidates: Follower
    tenant: str
    newest: dict[str, Packet] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)

    def first(self, deadline_s: float, check: Callable[[], None]) -> Packet:
        """The first packet to come by; `check` raises what went wrong meanwhile. NothingCame after the deadline."""
        end = time.monotonic() + deadline_s
        while not self.newest:
            check()
            value = self.packets.next(_POLL_S)
            if value is not None:
                self._take(decode("context-packets", value))
            if time.monotonic() > end:
                raise NothingCame(f"no packet came within {deadline_s:.0f} s; see the logs")
        return next(iter(self.newest.values()))

    def final(self) -> list[Packet]:
        """The newest packet of every candidate that is not part of another, the largest first.

        Reads both topics to their present ends.
        """
        for value in self.packets.rest():
            self._take(decode("context-packets", value))
        for value in self.candidates.rest():
            self._take(decode("incident-candidates", value))
        kept = [packet for name, packet in self.newest.items() if name not in self.merged]
        return sorted(kept, key=lambda packet: -len(packet.candidate.members))

    def _take(self, message: Message) -> None:
        if isinstance(message, Packet) and message.candidate.tenant == self.tenant:
            self.newest[message.candidate.candidate_id] = message
        if isinstance(message, Candidate) and message.tenant == self.tenant:
            change = self.merged.add if message.merged_into else self.merged.discard
            change(message.candidate_id)
