"""Owns the sections of a packet's text that state facts: what is failing, what changed, who. Pure."""

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final

from schemas.packets import ChangeLine, Failing, Moment, Packet
from schemas.times import clock_text, date_text, span_text, to_datetime
from sinks.citing import Cite, ids
from sinks.columns import columns_of, padded, plain, wrapped

_MOST_LINES: Final = 12
"""Lines shown in one section; what is left out is counted."""
_NAME: Final = 22
_LEAST_INDENT: Final = 6


def failing(packet: Packet, cite: Cite) -> list[str]:
    """One line for each kind of alert on each service, then how far it reaches."""
    lines = ["WHAT IS FAILING"]
    shown = packet.failing[:_MOST_LINES]
    services = _column(line.service for line in shown)
    alerts = _column(line.alert for line in shown)
    for line in shown:
        first = f"  {padded(plain(line.service, 200), services)}  {padded(plain(line.alert, 200), alerts)}  "
        indent = 6 + services + alerts
        lines += _hanging(first, _state(line, packet, cite), indent)
    if not shown:
        lines.append("  no alert is left in it")
    if len(packet.failing) > len(shown):
        lines.append(f"  and {len(packet.failing) - len(shown)} more kinds of alerts")
    return [*lines, *_radius(packet, cite)]


def _state(line: Failing, packet: Packet, cite: Cite) -> str:
    parts = [plain(line.value, 140)] if line.value else []
    parts.append(f"since {_moment(line.since, packet)}")
    if line.alerts > 1:
        parts.append(f"{line.alerts} alerts")
    if not line.firing:
        parts.append("resolved")
    return f"{', '.join(parts)} {cite.claim(line.claim)}"


def _radius(packet: Packet, cite: Cite) -> list[str]:
    """Blast radius: who needs whom among what alerts, and which neighbours are quiet."""
    radius = packet.radius
    needed: dict[str, list[str]] = {}
    for edge in radius.edges:
        needed.setdefault(plain(edge.needs, 60), []).append(plain(edge.service, 60))
    reach = "; ".join(f"{root} <- {', '.join(needing)}" for root, needing in needed.items())
    if not reach:
        names = ", ".join(plain(service, 60) for service in radius.services[:_MOST_LINES])
        reach = f"{names or 'not known'} (no dependency between what alerts is known)"
    lines = wrapped("  Blast radius: ", f"{reach} {cite.claim(*radius.claims)}".rstrip(), 4)
    if radius.quiet:
        quiet = ", ".join(plain(service, 60) for service in radius.quiet)
        lines += wrapped("  Not affected so far: ", f"{quiet} (no alert)", 4)
    return lines


def top_signals(packet: Packet, cite: Cite) -> Iterator[list[str]]:
    """What was measured, beside what the alerts say above; and what there is no source of. None in older packets."""
    lines = ["TOP SIGNALS"]
    for signal in packet.signals:
        first = f"  {padded(plain(signal.kind, 8), 8)}  "
        if signal.claim is None:
            lines += wrapped(first, plain(signal.text), 12)
        elif signal.kind != "alert":
            names = f"{plain(signal.service, 60)} {plain(signal.name, 60)}"
            lines += wrapped(first, f"{names}: {plain(signal.text)} {cite.claim(signal.claim)}", 12)
    if packet.signals:
        yield lines


def changed(packet: Packet, cite: Cite) -> list[str]:
    """The changes near the onset, latest first, and how many there were elsewhere."""
    opened = packet.candidate.opened_at
    before, after = span_text(opened - packet.window_from), span_text(packet.window_to - opened)
    lines = wrapped(
        "WHAT CHANGED  ", f"({before} before to {after} after the onset, within the blast radius)", 14
    )
    for line in packet.changes[:_MOST_LINES]:
        first = f"  {_moment(line.at, packet)}  {padded(line.kind, 6)}  "
        lines += _hanging(first, _change(line, cite), columns_of(first))
    if not packet.changes:
        lines.append("  nothing on record")
    more = packet.changes_unshown + max(0, len(packet.changes) - _MOST_LINES)
    if more:
        lines.append(f"  {more} more within it")
    if packet.changes_elsewhere:
        lines.append(f"  {packet.changes_elsewhere} more outside the blast radius")
    return lines


def _change(line: ChangeLine, cite: Cite) -> str:
    text = plain(line.title, 200).removeprefix(f"{line.kind} ").removeprefix("of ")
    before, after = plain(line.before or "", 60), plain(line.after or "", 60)
    if before and after and f"{before} -> {after}" not in text:
        text += f" ({before} -> {after})"
    named = [plain(service, 60) for service in line.services]
    if named and not any(name in text for name in named):
        text += f" on {', '.join(named)}"
    if line.actor:
        text += f" by {plain(line.actor, 60)}"
    return f"{text}{_lead(line.lead_s)} {cite.claim(line.claim)}"


def _lead(seconds: float) -> str:
    if not isfinite(seconds):
        return ""
    return f", {span_text(round(seconds * 1_000_000))} {'before' if seconds >= 0 else 'after'}"


def who(packet: Packet, cite: Cite) -> list[str]:
    """Who should act, how that was found, and the runbook."""
    ownership = packet.ownership
    owner = plain(ownership.owner, 60) if ownership.owner else "nobody known"
    lines = wrapped("WHO   ", f"{owner}: {plain(ownership.how)} {cite.claim(*ownership.claims)}".rstrip(), 6)
    lines += wrapped("      On call: ", _on_call(packet), 8)
    return [*lines, *wrapped("      Runbook: ", _runbook(packet), 8)]


def _on_call(packet: Packet) -> str:
    """Who was on call when it began."""
    named = [f"{plain(one.person, 60)} (rota {plain(one.rota, 60)})" for one in packet.ownership.on_call]
    return ", ".join(named) or "nobody known"


def _runbook(packet: Packet) -> str:
    """Its address, who keeps it, and whether its review is overdue by the onset."""
    ownership = packet.ownership
    if not ownership.runbook:
        return "none known"
    parts = [plain(ownership.runbook, 300)]
    if ownership.runbook_owner:
        parts.append(f"owner {plain(ownership.runbook_owner, 60)}")
    due = ownership.runbook_due_at
    if due is not None and due <= packet.candidate.opened_at:
        parts.append(f"overdue for review since {date_text(due)}")
    elif ownership.runbook_reviewed_at is not None:
        parts.append(f"reviewed {date_text(ownership.runbook_reviewed_at)} (current)")
    return ", ".join(parts)


def moment_text(moment: Moment, packet: Packet) -> str:
    """One entry of the time line."""
    text = plain(moment.text, 160)
    return f"{_moment(moment.at, packet)} {text} {ids(moment.evidence)}".rstrip()


def _moment(at: int, packet: Packet) -> str:
    """The time of day, with the date where it is not the day of the onset."""
    day, onset = to_datetime(at), to_datetime(packet.candidate.opened_at)
    return clock_text(at) if day.date() == onset.date() else f"{day:%m-%d} {clock_text(at)}"


def _column(texts: Iterable[str]) -> int:
    return min(_NAME, max((columns_of(plain(text, 200)) for text in texts), default=0))


def _hanging(first: str, text: str, indent: int) -> list[str]:
    """The text beside its names, or below them where they leave too little room."""
    if columns_of(first) <= indent:
        return wrapped(first, text, indent)
    return [*wrapped("  ", first.strip(), _LEAST_INDENT), *wrapped(" " * indent, text, indent)]
