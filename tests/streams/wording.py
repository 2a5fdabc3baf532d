"""What must hold of the words of every packet, whatever the incident."""

from schemas.packets import Packet
from streams.topology import in_words

_ORDINARY = frozenset(
    {"requests", "request", "some", "slower", "than", "usual", "since", "over", "by", "it", "was", "a"}
)


def wrong_words(packet: Packet) -> list[str]:
    """Sentences that rest on nothing, state what no statement states, or tell people outside too much."""
    made = {id(claim) for claim in (*packet.draft, *packet.words())}
    stated = [claim for claim in packet.claims() if id(claim) not in made]
    cited = {e for claim in stated for e in claim.evidence} | {e for m in packet.timeline for e in m.evidence}
    values = {value for claim in stated for value in claim.values}
    sentences = [*packet.draft, *packet.words()]
    wrong = [f"rests on nothing: {c.text}" for c in sentences if not set(c.evidence) <= cited]
    wrong += [f"states more: {c.text}" for c in sentences if not set(c.values) <= values]
    return [*wrong, *_told_outside(packet)]


def _told_outside(packet: Packet) -> list[str]:
    """Services, hosts, changes, teams and people that a draft for outside names."""
    draft = packet.outside
    if draft is None or not draft.needs_approval or not draft.sentences:
        return ["there is no draft for outside that needs approval"]
    said = {word for claim in draft.sentences for word in in_words(claim.text) if word.isalpha()} - _ORDINARY
    return [f"tells outside of {name}" for name in sorted(_internals(packet)) if set(in_words(name)) & said]


def _internals(packet: Packet) -> set[str]:
    candidate, ownership = packet.candidate, packet.ownership
    named = {*packet.radius.services, *packet.radius.quiet, *(line.alert for line in packet.failing)}
    named |= {line.service for line in packet.failing if line.service != "(no service named)"}
    named |= {text for line in packet.changes for text in (line.target, line.actor or "")}
    named |= {ownership.owner or "", *(one.person for one in ownership.on_call), candidate.environment}
    return named - {""}
