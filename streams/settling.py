"""Settled decisions: what the audit says of candidates, on the grid of the fold's clock.

At each step only what has settled by then counts, so that the decisions are the same for every log of the same
recording, whatever the order of arrival and however often processes died on the way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heappop
from typing import Final

from schemas.settings import micros
from schemas.times import LATEST, MINUTE, format_time
from streams.assess import Assessment
from streams.citations import Citations
from streams.cooccurrence import is_loose
from streams.correlate import Index
from streams.feedback import FeedbackState
from streams.group import Group, Life
from streams.kinship import Link
from streams.memory import Decided, Due, ScopeMemory
from streams.propose import proposals_of
from streams.rank import touched
from streams.state import AlertKey, AlertState, ChangeState
from streams.ties import tie_of
from streams.turn import Turn

_LONGEST_PERIOD: Final = 15 * MINUTE
"""The longest that senders are known to let pass between two evaluations."""
NO_CHANGE: Final = "none"
"""How a decision names the answer that no recorded change is to blame."""


def grid(at: int, step: int) -> int:
    """The first step of the grid at or after `at`, both in microseconds; the end of time is a step."""
    return min(-(-at // step) * step, LATEST)


def settle(turn: Turn, now: int) -> set[AlertKey]:
    """Takes every decision that is due by `now`; returns an alert of each component that was looked at."""
    scope, step_length = turn.scope, micros(turn.settings.correlation.step_s)
    touched = set[AlertKey]()
    while scope.due and grid(scope.due[0].at, step_length) <= now:
        step = max(grid(scope.due[0].at, step_length), scope.last_step)
        due: list[Due] = []
        while scope.due and grid(scope.due[0].at, step_length) <= step:
            due.append(heappop(scope.due))
        scope.last_step = step
        touched |= _decide(due, step, turn)
    return touched


def _decide(due: list[Due], step: int, turn: Turn) -> set[AlertKey]:
    """Decides what is due; returns alerts of every candidate of which anything may have been decided."""
    alerts = turn.scope.alerts
    for key in sorted({d.key for d in due if d.what == "count"} & alerts.keys()):
        _deduplicated(alerts[key], step, turn)
    everything = any(d.what == "catalog" for d in due)
    looked_at = {d.key for d in due if d.what in {"alert", "hold", "end"}}
    keys = set(alerts) if everything else looked_at & alerts.keys()
    refs = _refs(due, "change")
    if refs:
        turn.views.settled.reconsider()
    for ref in refs:
        for change in _changes(ref, turn):
            keys |= near_change(change, turn)
    said = [state for ref in _refs(due, "feedback") if (state := turn.scope.said.by_id.get(ref))]
    if said:
        turn.views.settled.reconsider()
        keys |= {key for state in said for key in meant(state, turn.scope)}
    told = [alerts[d.key].at for d in due if d.what == "alert" and d.key in alerts]
    keys |= followed_anew(min(told), turn) if told else set()
    for key in sorted(keys):
        _settle(alerts[key], step, turn)
    named = {turn.name(g.first): g for g in stirred(keys, turn.views.settled, turn.scope.decided_life)}
    for name, members in named.items():
        _decide_candidate(name, members, step, turn)
    keys |= {members.first for members in named.values()} | _merge(named, step, turn)
    for state in said:
        _heard(state, step, turn)
    return keys


def _refs(due: Iterable[Due], what: str) -> list[str]:
    return sorted({d.ref for d in due if d.what == what})


def meant(said: FeedbackState, scope: ScopeMemory) -> set[AlertKey]:
    """The alerts whose candidates may change with what a person said, or took back."""
    taken_back = scope.said.by_id.get(said.facts.undoes or "")
    return (said.keys() | (taken_back.keys() if taken_back else set())) & scope.alerts.keys()


def _heard(said: FeedbackState, step: int, turn: Turn) -> None:
    """Puts on record, once, to which candidate what a person said has been counted."""
    if said.recorded or said.settle_at > step:
        return
    said.recorded = True
    facts, settled = said.facts, turn.views.settled
    name = facts.candidate_id
    if said.anchor is not None and said.anchor in settled.alerts:
        name = turn.name(settled.group(said.anchor).first)
    details = {"feedback": facts.feedback_id, "kind": facts.kind, "person": facts.person}
    turn.audit(name, "heard", step, {**details, "said_of": facts.candidate_id})


def _settle(alert: AlertState, step: int, turn: Turn) -> None:
    settled, ended = turn.views.settled, alert.ended_by(step)
    if not alert.settled and alert.settle_at <= step:
        alert.settled = True
        settled.insert(alert, ended)
    elif alert.settled and ended is not None:
        settled.end(alert.key, ended)


def stirred(
    keys: Iterable[AlertKey], index: Index, known: Callable[[AlertKey], Life | None]
) -> Iterator[Group]:
    """The groups that hold one of the alerts, and those that are no longer what is known of them; by start.

    Alerts that are not in the index are passed over.
    """
    keys = {key for key in keys if key in index.alerts}
    groups = {g.first: g for key in keys | index.taken_moved() for g in index.groups(key)}
    for group in sorted(groups.values(), key=lambda group: (group.onset, group.first)):
        if known(group.first) != group.life or any(placed.alert.key in keys for placed in group.placed):
            yield group


def near_change(change: ChangeState, turn: Turn) -> set[AlertKey]:
    """The alerts that a change, or another of its target, may explain: their candidates may be thought of anew.

    What went before it is told by it only what became of alerts that had not ended long before.
    """
    keys, at = _explained(change, turn), change.facts.effective_at
    history = turn.around.history(change.facts.target)
    for other in history.after(change):
        keys |= _explained(other, turn)
    begun = history.before(change)
    if begun:
        before = history.changes[begun - 1]
        since = at - micros(turn.settings.ranking.clears_s) - _LONGEST_PERIOD
        ends = ((key, turn.scope.alerts[key].ended_at) for key in _explained(before, turn))
        keys |= {key for key, ended in ends if ended is None or ended >= since}
    return keys


def followed_anew(at: int, turn: Turn) -> set[AlertKey]:
    """The alerts that a change may explain of whose object an alert that has started at a time, or later, may tell.

    Such an alert has settled so late that a later change may have been weighed without it.
    """
    around, topology = turn.around, turn.around.topology
    later = around.changes(at + micros(turn.settings.ranking.followed_gap_s), LATEST)
    loose = (change for change in later if change.suspectable and is_loose(tie_of(change.facts, topology)))
    again = [change for change in loose if around.history(change.facts.target).before(change)]
    return {key for opens, closes in _reaches(again, turn) for key in turn.views.live.started(opens, closes)}


def _reaches(changes: Iterable[ChangeState], turn: Turn) -> list[tuple[int, int]]:
    """When alerts may have begun that one of some changes may explain, each stretch of time once."""
    joined = list[tuple[int, int]]()
    for opens, closes in sorted(_reach(change, turn) for change in changes):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _reach(change: ChangeState, turn: Turn) -> tuple[int, int]:
    """When alerts begin that a change may explain, those of a candidate that began within its reach among them."""
    ranking, at = turn.settings.ranking, change.facts.effective_at
    back = micros(ranking.look_back_s + turn.settings.correlation.life_s)
    return at - micros(ranking.look_ahead_s), at + back


def _explained(change: ChangeState, turn: Turn) -> set[AlertKey]:
    """The alerts that it may explain."""
    keys, (opens, closes) = set[AlertKey](), _reach(change, turn)
    for label in turn.views.live.files.labels(touched(change, turn.around.topology)):
        keys.update(turn.views.live.files.between(label, opens, closes))
    return keys


def _changes(ref: str, turn: Turn) -> Iterator[ChangeState]:
    return (book.by_ref[ref] for book in turn.around.books if ref in book.by_ref)


def _deduplicated(alert: AlertState, step: int, turn: Turn) -> None:
    """Puts on record how many notifications of an alert have been folded into it so far."""
    counted = sum(count for end, count in alert.cells.items() if end <= step)
    # A new dict, since an emptied one keeps the room that it had: four times what an alert needs at rest.
    alert.cells = {end: count for end, count in alert.cells.items() if end > step}
    repeats_before = max(0, alert.audited_count - 1)
    alert.audited_count += counted
    repeats = max(0, alert.audited_count - 1)
    if repeats > repeats_before:
        details = {
            "fingerprint": alert.facts.fingerprint,
            "starts_at": format_time(alert.facts.starts_at),
            "repeats": str(repeats),
        }
        turn.audit(f"alert/{alert.facts.fingerprint}", "deduplicated", step, details)


def _decide_candidate(name: str, members: Group, step: int, turn: Turn) -> None:
    assessment = turn.assess(members, step)
    decided = turn.scope.decided.get(name)
    if decided is None:
        decided = turn.scope.decided[name] = Decided(members.first)
        turn.scope.firsts[decided.first] = name
        turn.audit(name, "opened", step, {"opened_at": format_time(assessment.opened_at)})
    decided.merged_into, decided.life = None, members.life
    if any(placed.alert.decided != name for placed in members.placed):
        for placed, link in zip(members.placed, members.links(), strict=True):
            if placed.alert.decided != name:
                placed.alert.decided = name
                turn.audit(name, "joined", step, _joining(placed.alert, link))
    _suspected(name, decided, assessment, step, turn)
    _routed(name, decided, assessment, step, turn)
    if step >= members.placed[0].alert.ref.ingested_at + micros(turn.settings.correlation.hold_s):
        _proposed(name, decided, assessment, step, turn)


def _joining(alert: AlertState, link: Link) -> dict[str, str]:
    facts = alert.facts
    return {
        "fingerprint": facts.fingerprint,
        "starts_at": format_time(facts.starts_at),
        "rule": link.rule,
        "linked_to": link.to[1] if link.to else "",
        "score": f"{link.score:.2f}",
    }


def _suspected(name: str, decided: Decided, assessment: Assessment, step: int, turn: Turn) -> None:
    top = assessment.top
    suspect = top.change.facts.source_ref if top.change else NO_CHANGE
    if decided.suspect != suspect:
        decided.suspect = suspect
        turn.audit(name, "suspected", step, {"source_ref": suspect, "confidence": f"{top.confidence:.3f}"})


def _routed(name: str, decided: Decided, assessment: Assessment, step: int, turn: Turn) -> None:
    owner = assessment.owner
    team = owner.team or "nobody"
    if decided.owner != team:
        decided.owner = team
        turn.audit(name, "routed", step, {"owner": team, "service": owner.service or "", "how": owner.how})


def _proposed(name: str, decided: Decided, assessment: Assessment, step: int, turn: Turn) -> None:
    published = turn.scope.published.get(name)
    cite = Citations(published.citations if published else {})
    ranking = turn.settings.ranking
    belief = ranking.withdraw_below if decided.proposals else ranking.propose_from
    proposals = {
        p.proposal_id: p for p in proposals_of(assessment, turn.around, cite, at=step, belief=belief)
    }
    _withdraw(name, decided, decided.proposals.keys() - proposals.keys(), step, turn)
    for proposal_id in sorted(proposals.keys() - decided.proposals.keys()):
        proposal = proposals[proposal_id]
        decided.proposals[proposal_id] = step
        details = {"action": proposal.action, "target": proposal.target, "tier": proposal.tier}
        turn.audit(name, "proposed", step, {"proposal": proposal_id, **details})
        turn.cause.propose(proposal)


def _withdraw(name: str, decided: Decided, proposals: Iterable[str], step: int, turn: Turn) -> None:
    for proposal_id in sorted(proposals):
        del decided.proposals[proposal_id]
        turn.audit(name, "withdrawn", step, {"proposal": proposal_id})


def _merge(named: dict[str, Group], step: int, turn: Turn) -> set[AlertKey]:
    """Puts on record which candidates have become part of another; returns the first alerts of those."""
    gone = set[AlertKey]()
    for name, into in absorbed(named, turn.scope):
        decided = turn.scope.decided.get(name)
        if decided and into != decided.merged_into:
            decided.merged_into, decided.life = into, None
            turn.audit(name, "merged", step, {"into": into})
            _withdraw(name, decided, decided.proposals, step, turn)
            gone.add(decided.first)
    return gone


def absorbed(named: Mapping[str, Group], scope: ScopeMemory) -> Iterator[tuple[str, str]]:
    """Candidates whose first alert is no longer the first of its group, each with the candidate that has it now."""
    for into, members in named.items():
        for placed in members.placed:
            name = scope.firsts.get(placed.alert.key)
            if name is not None and name != into:
                yield name, into
