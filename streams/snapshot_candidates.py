"""What a snapshot keeps of candidates: what was last published of them, and what was decided."""

from typing import Any

from streams.group import Life
from streams.memory import Decided, Material, Published
from streams.state import AlertKey

Stored = Any
"""JSON as orjson writes and reads it."""


def dump_published(published: Published) -> Stored:
    """What was last published of a candidate, as JSON."""
    return {
        "first": published.first,
        "number": published.number,
        "material": published.material,
        "content": published.content,
        "cut_at": published.cut_at,
        "first_cut_at": published.first_cut_at,
        "merged_into": published.merged_into,
        "life": published.life,
        "firing": published.firing,
        "ended_since": published.ended_since,
        "target": published.target,
        "citations": sorted([*place, number] for place, number in published.citations.items()),
    }


def load_published(stored: Stored) -> Published:
    """What `dump_published` wrote."""
    material: Stored = (tuple(part) if isinstance(part, list) else part for part in stored["material"])
    return Published(
        first=key_of(stored["first"]),
        number=stored["number"],
        material=Material(*material),
        content=tuple(stored["content"]),
        cut_at=stored["cut_at"],
        first_cut_at=stored["first_cut_at"],
        merged_into=stored["merged_into"],
        life=_load_life(stored["life"]),
        firing=stored["firing"],
        ended_since=stored["ended_since"],
        target=stored["target"],
        citations={(topic, partition, offset): n for topic, partition, offset, n in stored["citations"]},
    )


def dump_decided(decided: Decided) -> Stored:
    """What was last decided of a candidate, as JSON."""
    return {
        "first": decided.first,
        "suspect": decided.suspect,
        "owner": decided.owner,
        "proposals": decided.proposals,
        "merged_into": decided.merged_into,
        "life": decided.life,
    }


def load_decided(stored: Stored) -> Decided:
    """What `dump_decided` wrote."""
    return Decided(**{**stored, "first": key_of(stored["first"]), "life": _load_life(stored["life"])})


def _load_life(stored: Stored) -> Life | None:
    if stored is None:
        return None
    first, size, mark, continues = stored
    return Life(key_of(first), size, mark, key_of(continues) if continues else None)


def key_of(stored: Stored) -> AlertKey:
    """The key of an alert, from its two parts."""
    return stored[0], stored[1]
