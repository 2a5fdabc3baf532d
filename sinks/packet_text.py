"""Owns a packet as text for a terminal: 80 columns, the same sections in the same order, each always there.

Pure: no clock, no colour. May not: judge, or name a command that does not exist. Goes to: `incidents show`.
"""

from collections.abc import Iterator

from schemas.packets import Candidate, Packet
from schemas.times import span_text, to_datetime
from sinks.citing import Cite, short
from sinks.columns import WIDTH, columns_of, padded, plain, wrapped
from sinks.packet_facts import changed, failing, moment_text, top_signals, who
from sinks.packet_judgement import draft, outside, proposed, said, sentences, unknown, why


def packet_text(packet: Packet, unproven: frozenset[int] = frozenset()) -> str:
    """The packet as lines of at most 80 columns, ending in a line break.

    `unproven`: numbers of claims (in the order of `Packet.claims`) whose values are not in the stored
    originals; their citations are marked with `?`, and the last lines say so.
    """
    cite = Cite(packet, unproven)
    sections = (
        header(packet, cite),
        *summary(packet, cite),
        failing(packet, cite),
        *top_signals(packet, cite),
        changed(packet, cite),
        why(packet, cite),
        who(packet, cite),
        proposed(packet, cite),
        *((said(packet, cite),) if packet.feedback else ()),
        unknown(packet),
        timeline(packet),
        draft(packet, cite),
        outside(packet, cite),
        _further(packet, cite),
    )
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def header(packet: Packet, cite: Cite) -> list[str]:
    """Which incident, how bad, since when, and what is new; merged, reopened and resolved in the first line."""
    candidate = packet.candidate
    began, revision = to_datetime(candidate.opened_at), candidate.revision
    over = candidate.state in {"resolved", "closed"}
    ends = candidate.last_activity_at if over else revision.at
    lasted = span_text(max(0, ends - candidate.opened_at))
    alerts, kinds = len(candidate.members), len({(line.service, line.alert) for line in packet.failing})
    counts = _counted(alerts, "alert") + (f" of {_counted(kinds, 'kind')}" if kinds != alerts else "")
    since = f"{candidate.severity} since {began:%H:%M:%S} UTC, {began.day} {began:%b %Y} ({lasted})"
    lines, left_over = _first_line(candidate, reopened="now open" in packet.whats_new)
    lines += wrapped("", f"{since} · {counts}, {_counted(candidate.repeats, 'repeat')}{left_over}", 2)
    if candidate.continues:
        lines += wrapped("", f"continues {short(candidate.continues)}, whose time was up", 2)
    if packet.whats_new:
        news = "; ".join(
            f"{plain(claim.text).removesuffix('.')} {cite.claim(claim)}" for claim in packet.news
        )
        lines += wrapped("", "since the last revision: " + (news or plain("; ".join(packet.whats_new))), 2)
    return lines


def summary(packet: Packet, cite: Cite) -> Iterator[list[str]]:
    """The whole in a few sentences; packets of an earlier version have none."""
    if packet.summary:
        yield ["IN SHORT", *wrapped("  ", sentences(packet.summary, cite), 2)]


def timeline(packet: Packet) -> list[str]:
    """What happened when, in one paragraph; a long one is cut in its middle."""
    moments = sorted(packet.timeline, key=lambda moment: moment.at)
    if not moments:
        return ["TIMELINE  nothing on record"]
    shown = [moment_text(moment, packet) for moment in moments]
    if len(shown) > 2 * _ENDS:
        left_out = f"... {len(shown) - 2 * _ENDS} more ..."
        shown = [*shown[:_ENDS], left_out, *shown[-_ENDS:]]
    return wrapped("TIMELINE  ", " · ".join(shown), 10)


def standing(candidate: Candidate, *, reopened: bool = False) -> str:
    """In a word or two what an open incident needs no word for: merged, resolved, closed, reopened; else empty."""
    if candidate.merged_into:
        return f"MERGED into {short(candidate.merged_into)}"
    if candidate.state in {"resolved", "closed"}:
        return candidate.state.upper()
    return "REOPENED" if reopened else ""


def _first_line(candidate: Candidate, *, reopened: bool) -> tuple[list[str], str]:
    """Id, standing and title, with the revision at the right; where it has no room it is left over."""
    stands = standing(candidate, reopened=reopened)
    first = f"{plain(candidate.short_id, 20)}  {stands}{'  ' if stands else ''}"
    title = plain(candidate.title, 200)
    left = first + title
    right = f"rev {candidate.revision.number} · {candidate.phase}"
    gap = WIDTH - columns_of(left) - columns_of(right)
    if gap >= 2:  # noqa: PLR2004 - two spaces between left and right
        return [left + " " * gap + right], ""
    return wrapped(first, title, 12), f" · {right}"


_ENDS = 6
"""Moments shown at either end of a long time line."""


def _further(packet: Packet, cite: Cite) -> list[str]:
    """Where to look next; and what the marks mean, if there are any."""
    name, first = plain(packet.candidate.short_id, 20), plain(packet.evidence[0].id, 12)
    commands = (f"incidents evidence {name} {first}", f"incidents timeline {name}")
    lines = [
        *wrapped(f"{commands[0]}  ", f"shows the stored original behind [{first}]", 2),
        *wrapped(f"{padded(commands[1], columns_of(commands[0]))}  ", "shows everything in order of time", 2),
    ]
    if cite.marked:
        lines.append("? marks what the stored originals do not state: do not rely on it")
    return lines


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
