"""The checks of readiness: what each asks of a service or of a tenant, how much it weighs, and what it says.

Pure. A check that cannot apply is not there, so that nobody loses a score for what they do not have. Goes to:
`streams.readiness`.
"""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Final

from schemas.events import CHANGE_KINDS, ChangeKind
from schemas.times import DAY, LATEST, date_text
from streams import mending
from streams.survey import Check, Dossier, Surveyed
from streams.who import is_overdue

_NAMED: Final = 5
"""Things that a text names; it counts the others."""
_MUCH, _MORE, _LITTLE = 3, 2, 1
"""Weights: without it nobody is found or nothing can be suspected; it leads astray; it helps."""


def of_service(dossier: Dossier, around: Surveyed) -> Iterator[Check]:
    """Every check that applies to a service, in the order in which to mend."""
    for check in _SERVICE_CHECKS:
        found = check(dossier, around)
        if found is not None:
            yield found


def of_tenant(around: Surveyed) -> Iterator[Check]:
    """Every check of the tenant as a whole."""
    for kind in CHANGE_KINDS:
        yield _feed(kind, around)
    yield _named_services(around)
    yield from filter(None, (_tied_changes(around), _runbook_index(around), _refused(around)))


def _in_catalog(dossier: Dossier, around: Surveyed) -> Check | None:
    if dossier.facts is not None:
        return Check("in_catalog", _MUCH, passed=True, text=f"The catalog has it as {dossier.facts.entity}.")
    near = get_close_matches(dossier.service, around.topology.entities, n=1, cutoff=0.75)
    known = around.topology.entities[near[0]].facts if near else None
    meant = f"; its sender may mean {near[0]}." if near else "."
    mend = mending.another_name(known, dossier.service) if known else mending.entry(dossier.service)
    text = f"The catalog has no service of this name{meant}"
    return Check("in_catalog", _MUCH, passed=False, text=text, mend=mend)


def _owner(dossier: Dossier, _: Surveyed) -> Check | None:
    facts = dossier.facts
    if facts is None:
        return None
    if facts.owner:
        return Check("owner", _MUCH, passed=True, text=f"{facts.owner} owns it.")
    return Check("owner", _MUCH, passed=False, text="Nobody owns it.", mend=mending.owner(facts))


def _on_call(dossier: Dossier, around: Surveyed) -> Check | None:
    team = dossier.facts.owner if dossier.facts else None
    if team is None:
        return None
    duties = around.desk.on_call(team, around.at)
    if duties:
        text = f"{duties[0].shift.person} is on call for {team}."
        return Check("on_call", _MORE, passed=True, text=text)
    rotas = around.desk.rotas_of(team)
    ended = [rota.facts for rota in rotas if (rota.facts.known_until or LATEST) <= around.at]
    text = f"{team} has no rota."
    if ended:
        text = f"Rota {ended[0].name} of {team} ended on {date_text(ended[0].known_until or 0)}."
    elif rotas:
        text = f"No rota of {team} names anybody for now."
    mend = mending.rota(team, rotas[0].facts.name if rotas else None, around.at)
    return Check("on_call", _MORE, passed=False, text=text, mend=mend)


def _deploys(dossier: Dossier, around: Surveyed) -> Check | None:
    count = dossier.count("deploy")
    if count:
        last = date_text(max(one.day for one in dossier.seen if one.kind == "deploy") * DAY)
        text = f"{_many(count, 'deploy')} seen in {around.window_days} days, the last on {last}."
        return Check("deploys", _MUCH, passed=True, text=text)
    text = f"No deploy seen in {around.window_days} days: a deploy could be to blame unseen."
    return Check("deploys", _MUCH, passed=False, text=text, mend=mending.deploy(dossier.service))


def _change_environments(dossier: Dossier, _: Surveyed) -> Check | None:
    nowhere = [one for one in dossier.changes if one.environment is None]
    if not dossier.changes:
        return None
    if not nowhere:
        return Check("change_environment", _MORE, passed=True, text="Its changes name their environment.")
    kinds = _listed(sorted({f"{one.kind}s" for one in nowhere}))
    count = _many(sum(one.count for one in nowhere), "change")
    text = f"{count} ({kinds}) named no environment: they are suspects in every one."
    mend = mending.change_environment(dossier.service, nowhere[0].kind)
    return Check("change_environment", _MORE, passed=False, text=text, mend=mend)


def _alert_environments(dossier: Dossier, _: Surveyed) -> Check | None:
    if not dossier.alerts:
        return None
    nowhere = [one for one in dossier.alerts if one.environment is None]
    if not nowhere:
        return Check("alert_environment", _MORE, passed=True, text="Its alerts name their environment.")
    names = _listed(sorted({one.alert for one in nowhere}))
    text = f"Incidents with {names} named no environment; the default one is assumed."
    return Check("alert_environment", _MORE, passed=False, text=text, mend=mending.alert_environment())


def _environments_meet(dossier: Dossier, _: Surveyed) -> Check | None:
    alerts = {one.environment for one in dossier.alerts if one.environment}
    deploys = {one.environment for one in dossier.seen if one.kind == "deploy" and one.environment}
    if not alerts or not deploys or any(one.kind == "deploy" and not one.environment for one in dossier.seen):
        return None
    if alerts & deploys:
        text = f"Alerts and deploys meet in {_listed(sorted(alerts & deploys))}."
        return Check("environments_meet", _MORE, passed=True, text=text)
    said = f"deploys name {_listed(sorted(deploys))}, alerts {_listed(sorted(alerts))}"
    text = f"Its {said}: they never meet, so no deploy is suspected."
    mend = mending.spelling(min(deploys), min(alerts))
    return Check("environments_meet", _MORE, passed=False, text=text, mend=mend)


def _dependencies(dossier: Dossier, around: Surveyed) -> Check | None:
    if dossier.facts is None:
        return None
    needs, needed_by = (
        around.topology.needs.get(dossier.service),
        around.topology.needed_by.get(dossier.service),
    )
    if needs or needed_by:
        text = f"It needs {len(needs or ())} and is needed by {len(needed_by or ())}."
        return Check("dependencies", _LITTLE, passed=True, text=text)
    text = "The catalog knows no dependencies of it: what it hits cannot be said."
    return Check("dependencies", _LITTLE, passed=False, text=text, mend=mending.dependencies(dossier.facts))


def _runbook(dossier: Dossier, around: Surveyed) -> Check | None:
    if dossier.facts is None:
        return None
    names = dict.fromkeys([*(one.alert for one in dossier.alerts), ""])
    found = [hit[1].facts for name in names if (hit := around.desk.indexed(name, dossier.service))]
    if not found and not dossier.facts.runbook:
        mend = mending.runbook(dossier.service, dossier.facts.owner, around.at)
        return Check("runbook", _LITTLE, passed=False, text="It has no runbook.", mend=mend)
    late = [facts for facts in found if is_overdue(facts.review_due_at, around.at)]
    if late:
        due = date_text(late[0].review_due_at or 0)
        text = f"Runbook {late[0].name} is overdue for review since {due}."
        mend = mending.reviewed(late[0], around.at)
        return Check("runbook_overdue", _LITTLE, passed=False, text=text, mend=mend)
    text = f"Its runbook is {found[0].runbook if found else dossier.facts.runbook}."
    return Check("runbook", _LITTLE, passed=True, text=text)


_SERVICE_CHECKS: Final[tuple[Callable[[Dossier, Surveyed], Check | None], ...]] = (
    _in_catalog,
    _owner,
    _on_call,
    _deploys,
    _environments_meet,
    _change_environments,
    _alert_environments,
    _dependencies,
    _runbook,
)


def _feed(kind: ChangeKind, around: Surveyed) -> Check:
    count = sum(one.count for one, _ in around.placed if one.kind == kind)
    if count:
        text = f"{_many(count, f'{kind} change')} seen in {around.window_days} days."
        return Check(f"{kind}_feed", _MUCH, passed=True, text=text)
    text = f"No {kind} change seen in {around.window_days} days: a {kind} could be to blame unseen."
    return Check(f"{kind}_feed", _MUCH, passed=False, text=text, mend=mending.feed(kind))


def _named_services(around: Surveyed) -> Check:
    nameless = sorted({one.alert for one, named in around.placed if one.kind == "alert" and named is None})
    if not nameless:
        return Check("alert_service", _MORE, passed=True, text="Every alert seen names a service.")
    text = f"{_listed(nameless)} named no service: nobody can be found for them."
    return Check("alert_service", _MORE, passed=False, text=text, mend=mending.alert_service())


def _tied_changes(around: Surveyed) -> Check | None:
    changes = [placed for placed in around.placed if placed.one.kind != "alert"]
    if not changes:
        return None
    loose = sorted({one.target for one, service in changes if service is None})
    if not loose:
        return Check("change_service", _MORE, passed=True, text="Every change seen belongs to a service.")
    text = f"Nothing ties {_listed(loose)} to a service."
    return Check("change_service", _MORE, passed=False, text=text, mend=mending.tie(loose[0]))


def _runbook_index(around: Surveyed) -> Check | None:
    books = {state.facts.entity: state.facts for states in around.desk.runbooks.values() for state in states}
    if not books:
        return None
    loose = sorted(facts.name for facts in books.values() if not facts.owner or facts.reviewed_at is None)
    if not loose:
        return Check(
            "runbook_care", _LITTLE, passed=True, text="Every runbook has an owner and a date of review."
        )
    text = f"{_listed(loose)} lack an owner or a date of review."
    return Check("runbook_care", _LITTLE, passed=False, text=text, mend=mending.runbook_care())


def _refused(around: Surveyed) -> Check | None:
    if not around.refused:
        return Check("refused", _LITTLE, passed=True, text="No delivery was refused.")
    most = sorted(around.refused.items(), key=lambda item: (-item[1], item[0]))
    (source, reason), count = most[0]
    text = f"{_many(sum(around.refused.values()), 'delivery', 'deliveries')} refused, {count} of {source}: {reason}."
    return Check("refused", _LITTLE, passed=False, text=text, mend=mending.refused(source))


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _many(count: int, one: str, several: str | None = None) -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"
