"""Owns why, changes and noise as text for a terminal: 80 columns or as told, foreign text inert. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.packets import Candidate, Hypothesis, Member, Packet
from schemas.times import clock_text, span_text, to_datetime
from sinks.citing import Cite
from sinks.columns import WIDTH, hanging, padded, plain, wrapped
from sinks.membership import RULES
from sinks.packet_judgement import why
from sinks.surroundings import Follower, Noise, OtherSource, SeenChange, Span

_MOST_MEMBERS: Final = 30
_INDENT: Final = 11


def why_text(packet: Packet, unproven: frozenset[int], others: Sequence[OtherSource] = ()) -> str:
    """The ranked explanations, how each was weighed, and why each alert is part of the incident."""
    candidate = packet.candidate
    lines = [
        *wrapped(f"{plain(candidate.short_id, 20)}  ", plain(candidate.title, 200), 12),
        "",
        *why(packet, Cite(packet, unproven)),
        "",
        "HOW IT WAS WEIGHED (the features multiply; the best gains, by ranking.sharpness)",
        *(line for hypothesis in packet.hypotheses for line in _weighed(hypothesis)),
        "",
        "WHY EACH ALERT BELONGS TO IT",
        *(
            line
            for number, member in enumerate(candidate.members[:_MOST_MEMBERS], start=1)
            for line in _joined(number, member, candidate.members)
        ),
        *(line for other in others for line in _split_off(other, candidate)),
    ]
    more = len(candidate.members) - _MOST_MEMBERS
    return "\n".join([*lines, *([f"  and {more} more alerts"] if more > 0 else [])]) + "\n"


def changes_text(changes: Sequence[SeenChange], span: Span, width: int = WIDTH) -> str:
    """Each change with what followed it, latest first, under its day."""
    lines = [f"{_counted(len(changes), 'change')} from {_moment(span.since)} to {_moment(span.until)} UTC"]
    day = ""
    for change in changes:
        today = f"{to_datetime(change.effective_at):%Y-%m-%d}"
        if today != day:
            lines += ["", f"{today} (UTC)"]
            day = today
        lines += _change(change, width)
    return "\n".join(lines) + "\n"


def noise_text(noise: Noise, span: Span, width: int = WIDTH) -> str:
    """What pages most, then what was suppressed and why."""
    lines = [
        f"{_counted(noise.incidents, 'incident')} from {_moment(span.since)} to {_moment(span.until)} UTC",
        "",
        "WHAT PAGES MOST",
        "  incidents  alerts  last         what",
    ]
    for each in noise.alerts:
        numbers = f"  {each.incidents:9}  {each.alerts:6}  {to_datetime(each.last_at):%m-%d %H:%M}  "
        named = plain(each.service, 80) if each.service else "no service named"
        lines += wrapped(numbers, f"{named} {plain(each.alert, 80)}", hanging(len(numbers), width), width)
    lines += ["", "WHAT WAS SUPPRESSED, AND WHY"]
    for kind in noise.suppressed:
        lines += wrapped(f"  {kind.count:9}  ", f"{kind.what}: {plain(kind.why, 200)}", 13, width)
    return "\n".join([*lines, *([] if noise.suppressed else ["  nothing"])]) + "\n"


def _weighed(hypothesis: Hypothesis) -> Iterator[str]:
    said = ", ".join(f"{plain(name, 40)} {value:.3g}" for name, value in hypothesis.features.items())
    yield from wrapped(f"  {hypothesis.rank}  {hypothesis.confidence:.2f}  ", said or "no features", _INDENT)


def _joined(number: int, member: Member, members: Sequence[Member]) -> Iterator[str]:
    other = next((each for each in members if each.fingerprint == member.linked_to), None)
    service = f" on {plain(member.service, 60)}" if member.service else ""
    reason = RULES.get(member.rule, plain(member.rule, 60))
    to = (
        f", by {plain(other.name, 60)} on {plain(other.service or '?', 60)} ({member.score:.2f})"
        if other
        else ""
    )
    named = f"{clock_text(member.starts_at)}  {plain(member.name, 60)}{service}"
    yield from wrapped(f"  {number:>2}  ", f"{named}: {reason}{to}", 16)


def _split_off(other: OtherSource, candidate: Candidate) -> Iterator[str]:
    """Which source the alerts have that were placed together with these."""
    [score, *_] = [each.score for each in candidate.members if each.linked_to == other.fingerprint]
    root = candidate.root_services[0] if candidate.root_services else "another source"
    text = (
        f"split by source: {plain(root, 60)} explains these alerts; {plain(other.name, 60)} on "
        f"{plain(other.service or '?', 60)} explains those of {plain(other.short_id, 20)} ({score:.2f})"
    )
    yield from wrapped("      ", text, 6)


def _change(change: SeenChange, width: int) -> Iterator[str]:
    indent = hanging(20, width)
    first = f"  {clock_text(change.effective_at)}  {padded(change.kind, 6)}  "
    who = f" by {plain(change.actor, 60)}" if change.actor else ""
    where = f" in {plain(change.environment, 60)}" if change.environment else ""
    status = "" if change.status == "succeeded" else f" ({change.status})"
    yield from wrapped(first, f"{plain(change.title, 200)}{who}{where}{status}", indent, width)
    for follower in change.followers:
        yield from wrapped(" " * indent + "-> ", _follower(change, follower), indent + 3, width)
    if change.verdict:
        yield from wrapped(" " * indent, f"not to blame: {plain(change.verdict, 200)}", indent, width)


def _follower(change: SeenChange, follower: Follower) -> str:
    lead = follower.opened_at - change.effective_at
    when = f"{span_text(lead)} {'later' if lead >= 0 else 'earlier'}"
    suspected = ", suspects it" if follower.suspected else ""
    return f"{plain(follower.short_id, 20)} {plain(follower.title, 200)}, {when}{suspected}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _moment(at: int) -> str:
    return f"{to_datetime(at):%Y-%m-%d %H:%M}"
