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
_QUIET_S = 1.5
"""No further packet for so long after the end mark: the replay has come through."""


class NothingCame(RuntimeError):
    """The replay ended without the packets that it should give. The text is one line for a person."""


@dataclass
class Watching:
    """The packets of one tenant, by candidate, the newest of each; without what became part of another."""

    packets: Follower
    candidates: Follower
    tenant: str
    newest: dict[str, Packet] = field(default_factory=dict)
    revisions: dict[str, Candidate] = field(default_factory=dict)
    changed_at: float = field(default_factory=time.monotonic)

    def first(self, deadline_s: float, check: Callable[[], None]) -> Packet:
        """The first packet to come by; `check` raises what went wrong meanwhile. NothingCame after the deadline."""
        end = time.monotonic() + deadline_s
        while not self.newest:
            check()
            self._look()
            if time.monotonic() > end:
                raise NothingCame(f"no packet came within {deadline_s:.0f} s; see the logs")
        return next(iter(self.newest.values()))

    def settled(self, deadline_s: float, check: Callable[[], None]) -> list[Packet]:
        """The final packets, the largest candidate first, once all have settled and nothing more comes by."""
        end = time.monotonic() + deadline_s
        while not self._is_over():
            check()
            self._look()
            if time.monotonic() > end:
                raise NothingCame(f"the candidates had not settled within {deadline_s:.0f} s; see the logs")
        return sorted(self.final(), key=lambda packet: -len(packet.candidate.members))

    def _is_over(self) -> bool:
        quiet = time.monotonic() - self.changed_at > _QUIET_S
        return quiet and all(packet.candidate.phase == "settled" for packet in self.final())

    def _look(self) -> None:
        packet = _read("context-packets", self.packets.next(_POLL_S))
        if isinstance(packet, Packet) and packet.candidate.tenant == self.tenant:
            self.newest[packet.candidate.candidate_id] = packet
            self.changed_at = time.monotonic()
        candidate = _read("incident-candidates", self.candidates.next(0))
        if isinstance(candidate, Candidate) and candidate.tenant == self.tenant:
            self.revisions[candidate.candidate_id] = candidate

    def final(self) -> list[Packet]:
        """The newest packet of every candidate that is not part of another; the two topics come independently."""
        merged = {name for name, candidate in self.revisions.items() if candidate.merged_into}
        return [packet for name, packet in self.newest.items() if name not in merged]


def _read(topic: str, value: bytes | None) -> Message | None:
    return None if value is None else decode(topic, value)
