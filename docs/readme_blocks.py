"""Owns what of README.md is made from the code: the packet that it shows, and the list of senders.

The packet is that of the example incident when its action has just been proposed: made by the pipeline in one
process, over the recording that the demo sends, and printed by what `incidents show` prints with. Goes to:
`docs.generate`.
"""

from pathlib import Path
from typing import Final

from cli.build import build
from cli.inprocess import InProcess
from schemas.packets import Packet
from schemas.settings import Settings
from sinks.packet_text import packet_text
from sources.catalogue import FORMATS
from sources.recording import deliveries, script

EXAMPLE: Final = Path(__file__).resolve().parent.parent / "examples" / "checkout"
_TENANT: Final = "replay-demo"


def readme_page(page: str) -> str:
    """The page with its made parts as the code makes them now."""
    page = with_block(page, "packet", f"```text\n{example_packet()}```")
    return with_block(page, "senders", senders())


def example_packet(folder: Path = EXAMPLE) -> str:
    """The first settled packet of the recording that proposes an action, as text. LookupError where there is none."""
    steps = script(deliveries(folder / "events.jsonl"), folder / "catalog.yaml")
    for output in InProcess(_TENANT, Settings(), build()).run(steps):
        if isinstance(output.message, Packet) and _is_shown(output.message):
            return packet_text(output.message)
    raise LookupError(f"no packet of {folder} is open, settled and proposes an action")


def senders() -> str:
    """A table of what can be sent: the address, the format, the topics that it becomes."""
    rows = (f"| `/v1/{f.route}` | {f.title} | {', '.join(f.topics)} |" for f in FORMATS.values())
    return "\n".join(["| address | what is sent there | becomes |", "|---|---|---|", *rows])


def with_block(page: str, name: str, content: str) -> str:
    """The page with the content between the marks of this name. ValueError unless it has exactly one place for it."""
    opening, closing = f"<!-- {name}: made by `make docs` -->\n", f"\n<!-- end of {name} -->"
    before, found, rest = page.partition(opening)
    _, ended, after = rest.partition(closing)
    if not (found and ended) or opening in after:
        raise ValueError(f"the page needs one place for {name}, between {opening!r} and {closing!r}")
    return f"{before}{opening}{content}{closing}{after}"


def _is_shown(packet: Packet) -> bool:
    candidate = packet.candidate
    return candidate.phase == "settled" and candidate.state == "open" and bool(candidate.proposals)
