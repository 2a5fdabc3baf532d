"""Owns the packet in README.md: that of the example incident when its action has just been proposed.

Made by the pipeline in one process, over the recording that the demo sends, and printed by what `incidents show`
prints with. Goes to: `docs.generate`.
"""

from pathlib import Path
from typing import Final

from cli.build import build
from cli.inprocess import InProcess
from schemas.packets import Packet
from schemas.settings import Settings
from sinks.packet_text import packet_text
from sources.recording import deliveries, script

EXAMPLE: Final = Path(__file__).resolve().parent.parent / "examples" / "checkout"
_TENANT: Final = "replay-demo"
_OPENING: Final = "<!-- packet: made by `make docs` -->\n```text\n"
_CLOSING: Final = "```\n<!-- end of the packet -->"


def example_packet(folder: Path = EXAMPLE) -> str:
    """The first settled packet of the recording that proposes an action, as text. LookupError where there is none."""
    steps = script(deliveries(folder / "events.jsonl"), folder / "catalog.yaml")
    for output in InProcess(_TENANT, Settings(), build()).run(steps):
        if isinstance(output.message, Packet) and _is_shown(output.message):
            return packet_text(output.message)
    raise LookupError(f"no packet of {folder} is open, settled and proposes an action")


def _is_shown(packet: Packet) -> bool:
    candidate = packet.candidate
    return candidate.phase == "settled" and candidate.state == "open" and bool(candidate.proposals)


def with_packet(page: str, packet: str) -> str:
    """The page with the packet between its marks. ValueError where the page has not exactly one place for it."""
    before, opening, rest = page.partition(_OPENING)
    _, closing, after = rest.partition(_CLOSING)
    if not (opening and closing) or _OPENING in after:
        raise ValueError(f"the page needs one place for the packet, between {_OPENING!r} and {_CLOSING!r}")
    return f"{before}{opening}{packet}{closing}{after}"
