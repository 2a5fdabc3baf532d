"""Owns how text refers to things: `[e1, e2]`, `[e1?]` where a claim is not proven, `INC-7F3KQ2`. Pure."""

from collections.abc import Sequence

from schemas.claims import Claim
from schemas.identity import short_id
from schemas.packets import Packet
from sinks.columns import plain


class Cite:
    """The citations of one packet; remembers whether any of them had to be marked."""

    def __init__(self, packet: Packet, unproven: frozenset[int]) -> None:
        """`unproven`: numbers of claims, in the order of `Packet.claims`."""
        self._doubted = {id(claim) for number, claim in enumerate(packet.claims()) if number in unproven}
        self.marked = False

    def claim(self, *claims: Claim) -> str:
        """The evidence of one or several statements, each id once."""
        doubted = any(id(claim) in self._doubted for claim in claims)
        self.marked |= doubted
        return ids([evidence for claim in claims for evidence in claim.evidence], "?" if doubted else "")


def ids(evidence: Sequence[str], mark: str = "") -> str:
    """`[e1, e2]`; empty where nothing is cited."""
    known = dict.fromkeys(plain(name, 12) for name in evidence)
    return f"[{', '.join(known)}{mark}]" if known else ""


def short(identity: str, prefix: str = "INC") -> str:
    """The short form of an id of ours; any other id as it is, made plain."""
    try:
        return short_id(identity, prefix)
    except ValueError:
        return plain(identity, 20)
