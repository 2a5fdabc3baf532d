"""Revisions: when a candidate's packet is cut again, and what is new in it.

A revision is cut at once for something material; everything else waits for a step of the fold's clock, and then for
a pause since the last cut. First packets never wait.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.identity import short_id
from schemas.packets import Candidate, Phase, Unknown
from schemas.settings import micros
from streams.assess import Assessment
from streams.attention import wait
from streams.citations import Citations
from streams.draft import News
from streams.group import Group, Life
from streams.hearing import statements
from streams.memory import Content, Decided, Material, Published
from streams.packet import Cut, packet_of, state_of
from streams.sections import MAX_LINES
from streams.settling import NO_CHANGE, absorbed, stirred
from streams.state import AlertKey
from streams.turn import Turn
from streams.unknowns import OF_TRANSPORT, unknowns_of
from streams.who import runbook_of

_MAX_NEWS = 30
"""Lines that say what is new."""


class Look(NamedTuple):
    """What a candidate looks like now, beside what was last published of it."""

    assessment: Assessment
    decided: Decided | None
    """What has been decided of it, where that still holds."""
    material: Material
    content: Content
    unknowns: tuple[Unknown, ...]


def revise(keys: Iterable[AlertKey], at: int, turn: Turn) -> None:
    """Looks at every candidate that holds one of the alerts, and cuts what is new; `at` is the time of the fold."""
    called = frozenset(keys)
    stirring = stirred(called, turn.views.live, turn.scope.published_life)
    named = {turn.name(g.first): g for g in stirring if not _rests(g, called, at, turn)}
    for name, members in named.items():
        _revise_candidate(name, turn.assess(members), at, turn)
    _merge(named, at, turn)


def _rests(group: Group, called: frozenset[AlertKey], at: int, turn: Turn) -> bool:
    """True for a candidate that has stirred without being called for; it then waits for its pause to end."""
    published = turn.scope.published.get(turn.scope.firsts.get(group.first, ""))
    if published is None or not called.isdisjoint(placed.alert.key for placed in group.placed):
        return False
    step_s = turn.settings.correlation.step_s
    if published.merged_into or at >= published.cut_at + micros(step_s):
        return False
    wait(published, step_s, turn.scope)
    return True


def _revise_candidate(name: str, assessment: Assessment, at: int, turn: Turn) -> None:
    decided = _decision_on(assessment, turn.scope.decided.get(name), turn)
    unknowns = unknowns_of(assessment, turn.around, turn.settings)
    material, content = _material(assessment, turn, decided), _content(assessment, unknowns, turn)
    published = turn.scope.published.get(name)
    if published is None:
        published = turn.scope.published[name] = Published(assessment.group.first, first_cut_at=at)
        turn.scope.firsts[published.first] = name
    if _size(assessment.group.life) >= turn.settings.correlation.max_members > _size(published.life):
        turn.cause.reached.append("candidate_alerts")
    published.life = assessment.group.life
    if published.number and published.material == material and published.merged_into is None:
        if published.content == content:
            return
        pause_s = _pause_s(published.content, content, turn)
        if at < published.cut_at + micros(pause_s):
            wait(published, pause_s, turn.scope)
            return
    _cut(name, published, Look(assessment, decided, material, content, unknowns), at, turn)


def _size(life: Life | None) -> int:
    return life.size if life else 0


def _cut(name: str, published: Published, look: Look, at: int, turn: Turn) -> None:
    news = [*_news(published, look.material), *_counted(published, look)]
    if len(news) > _MAX_NEWS:
        news = [*news[:_MAX_NEWS], News(f"and {len(news) - _MAX_NEWS} more")]
    published.number += 1
    published.material, published.content = look.material, look.content
    published.cut_at, published.merged_into = at, None
    _show(name, published, look.assessment)
    before, decided = look.assessment.group.life.continues, look.decided
    cut = Cut(
        revision=turn.cause.revision(turn.scope.tenant, name, published.number, at),
        phase=_phase(decided),
        proposed_at=min(decided.proposals.values(), default=None) if decided else None,
        first_packet_at=published.first_cut_at,
        continues=turn.name(before) if before else None,
        news=tuple(news),
        unknowns=look.unknowns,
    )
    packet = packet_of(look.assessment, turn.around, turn.settings, Citations(published.citations), cut)
    turn.cause.publish(packet)


def _show(name: str, published: Published, assessment: Assessment) -> None:
    """Notes what later news is held against to see whether it may be material."""
    placed, top = assessment.group.placed, assessment.top.change
    for one in placed:
        one.alert.shown = name
    published.firing, published.ended_since = sum(one.alert.firing for one in placed), 0
    published.target = top.facts.target if top else None


def _decision_on(assessment: Assessment, decided: Decided | None, turn: Turn) -> Decided | None:
    """What has been decided of a candidate that is old enough, where it still holds for what is known now."""
    suspect = assessment.top.change.facts.source_ref if assessment.top.change else NO_CHANGE
    holds = decided is not None and decided.merged_into is None and decided.suspect == suspect
    hold = assessment.group.placed[0].alert.ref.ingested_at + micros(turn.settings.correlation.hold_s)
    return decided if holds and turn.scope.last_step >= hold else None


def _phase(decided: Decided | None) -> Phase:
    return "settled" if decided else "provisional"


def _material(assessment: Assessment, turn: Turn, decided: Decided | None) -> Material:
    inside, needs = {*assessment.services, *assessment.roots[:1]}, turn.around.topology.needs
    edges = [
        f"{s}>{needed}" for s in sorted(inside) for needed in sorted(needs.get(s, ())) if needed in inside
    ]
    top = assessment.top.change
    return Material(
        services=tuple(sorted(assessment.services)),
        kinds=tuple(sorted({f"{p.alert.facts.name} on {p.service}" for p in assessment.group.placed})),
        severity=assessment.severity,
        state=state_of(assessment),
        phase=_phase(decided),
        suspect=top.facts.title if top else None,
        owner=assessment.owner.team,
        edges=tuple(edges),
        proposals=tuple(sorted(decided.proposals)) if decided else (),
        undone=assessment.undone_by is not None,
        heard=tuple(text for _, text in statements(assessment.said[-MAX_LINES:], assessment.ranked)),
    )


def _pause_s(before: Content, now: Content, turn: Turn) -> float:
    """Seconds to wait after the last cut: longer where only counts have grown that say little."""
    correlation = turn.settings.correlation
    return correlation.repeats_s if before[1:] == now[1:] else correlation.step_s


def _content(assessment: Assessment, unknowns: Iterable[Unknown], turn: Turn) -> Content:
    """What may change without being material, first what nobody waits for: it is shown after a pause."""
    placed = assessment.group.placed
    repeats, ended = sum(p.alert.repeats for p in placed), sum(not p.alert.firing for p in placed)
    gaps = [unknown.code for unknown in unknowns if unknown.code not in OF_TRANSPORT]
    duties = turn.around.desk.on_call(assessment.owner.team, assessment.group.onset)
    runbook = runbook_of(assessment, turn.around)
    desk = [*(f"{d.rota.facts.name}: {d.shift.person}" for d in duties), runbook.link if runbook else ""]
    beliefs = [
        f"{s.confidence:.6f} {s.change.facts.source_ref if s.change else ''}" for s in assessment.ranked
    ]
    seen = f"{repeats}/{assessment.window.elsewhere}"
    answers = [answer.facts.answer_id for answer in assessment.answers]
    near = len(assessment.window.near)
    return seen, len(placed), ended, near, *gaps, *beliefs, *desk, *assessment.roots, *answers


def _news(published: Published, now: Material) -> Iterator[News]:
    """What a responder should know has changed since the last revision, in words."""
    before = published.material
    if published.number == 0:
        return
    yield from (News(f"new: {kind}", "kind", kind) for kind in sorted(set(now.kinds) - set(before.kinds)))
    if before.severity != now.severity:
        yield News(f"severity {before.severity} -> {now.severity}")
    words = {
        "state": News(f"now {now.state}"),
        "suspect": News(f"top suspect: {now.suspect or 'no recorded change is to blame'}", "suspect"),
        "owner": News(f"owner: {now.owner or 'unknown'}", "owner"),
        "phase": News(f"now {now.phase}"),
        "undone": News(
            "the top suspect has been undone" if now.undone else "the top suspect is in force", "suspect"
        ),
    }
    yield from (said for name, said in words.items() if getattr(before, name) != getattr(now, name))
    yield from (News(text, "person", text) for text in now.heard if text not in before.heard)
    if set(before.heard) - set(now.heard) and not set(now.heard) - set(before.heard):
        yield News("what a person said has been taken back")
    if set(now.proposals) - set(before.proposals):
        yield News("an action is proposed", "action")
    if published.merged_into:
        yield News(f"no longer part of {short_id(published.merged_into)}")


def _counted(published: Published, look: Look) -> Iterator[News]:
    """What has grown in number since the last revision, in words; alerts of a new kind are told already."""
    if not published.content:
        return
    told = set(look.material.kinds) - set(published.material.kinds)
    for place, words, known in ((1, "joined", len(told)), (2, "resolved", 0)):
        grown = int(look.content[place]) - int(published.content[place]) - known
        if grown > 0:
            yield News(f"{grown} more alert{'s' if grown > 1 else ''} {words}")


def _merge(named: dict[str, Group], at: int, turn: Turn) -> None:
    """Cuts a last revision of every candidate that has become part of another."""
    for name, into in absorbed(named, turn.scope):
        published = turn.scope.published.get(name)
        if published and into != published.merged_into:
            published.merged_into, published.life = into, None
            published.number += 1
            published.cut_at = at
            turn.cause.publish_candidate(_merged(name, into, published, at, turn))


def _merged(name: str, into: str, published: Published, at: int, turn: Turn) -> Candidate:
    return Candidate(
        tenant=turn.scope.tenant,
        environment=turn.scope.environment,
        candidate_id=name,
        short_id=short_id(name),
        revision=turn.cause.revision(turn.scope.tenant, name, published.number, at),
        phase="settled",
        state="merged",
        title=f"merged into {short_id(into)}",
        severity="unknown",
        opened_at=published.first[0],
        last_activity_at=at,
        repeats=0,
        members=(),
        suspects=(),
        root_services=(),
        merged_into=into,
    )
