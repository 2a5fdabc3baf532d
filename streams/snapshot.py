"""Snapshots of the fold: its whole memory as bytes and back, so that folding goes on as if it had never stopped.

What can be built again (the index, the topology) is not in it. An unknown format is refused.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify
from typing import Any, Final

import orjson

from schemas.answers import AnswerFacts
from schemas.events import ChangeFacts, EntityFacts
from schemas.kept import kept_of
from streams.answers import AnswerBook, AnswerState
from streams.changes import ChangeBook
from streams.clock import Clock, Clocks
from streams.cursors import Applied, Cursors
from streams.ends import EndBook
from streams.feeds import dump_feeds, load_feeds
from streams.memory import Due, Memory, ScopeMemory, TenantMemory
from streams.snapshot_candidates import (
    dump_decided,
    dump_published,
    key_of,
    load_decided,
    load_published,
)
from streams.snapshot_feedback import dump_said, load_said
from streams.state import AlertState, ChangeState, End, EntityState, Ref
from streams.steps import Plan, Told

FORMAT: Final = 7
"""Raised with every change of what is stored; snapshots of another format are refused, and the log folded again."""
_SLICE: Final = 200
"""Alerts that are written at once: a few milliseconds."""

Stored = Any
"""JSON as orjson writes and reads it; this file alone knows its shape."""


class UnknownFormat(ValueError):
    """A snapshot that another version of this code wrote."""


def dump(memory: Memory) -> bytes:
    """The whole memory as JSON. Equal memories give equal bytes."""
    return b"".join(dumped(memory))


def dumped(memory: Memory) -> Iterator[bytes]:
    """The same in slices, each quickly made; the memory must not change between the first and the last."""
    stored = {
        "format": FORMAT,
        "partition": memory.partition,
        "next_offset": memory.next_offset,
        "cursors": [[*source, a.low, a.runs] for source, a in sorted(memory.cursors.applied.items())],
        "layout": memory.clocks.layout,
        "clocks": {name: _dump_clock(clock) for name, clock in memory.clocks.clocks.items()},
        "tenants": [_dump_tenant(tenant) for _, tenant in sorted(memory.tenants.items())],
    }
    yield _json(stored)[:-1] + b',"scopes":['
    for number, (_, scope) in enumerate(sorted(memory.scopes.items())):
        yield (b"," if number else b"") + _json(_dump_scope(scope))[:-1] + b',"alerts":['
        yield from _sliced([alert for _, alert in sorted(scope.alerts.items())])
        yield b"]}"
    yield b"]}"


def _sliced(alerts: Sequence[AlertState]) -> Iterator[bytes]:
    """The items of a list of alerts, without its brackets."""
    for start in range(0, len(alerts), _SLICE):
        items = [_dump_alert(alert) for alert in alerts[start : start + _SLICE]]
        yield (b"," if start else b"") + _json(items)[1:-1]


def _json(stored: Stored) -> bytes:
    return orjson.dumps(stored, default=list, option=orjson.OPT_SORT_KEYS)


def load(data: bytes) -> Memory:
    """The memory that `dump` wrote. Raises UnknownFormat for any other format."""
    stored = orjson.loads(data)
    if stored["format"] != FORMAT:
        raise UnknownFormat(f"the snapshot has format {stored['format']}, this build reads {FORMAT}")
    clocks = Clocks(clocks={name: _load_clock(clock) for name, clock in stored["clocks"].items()})
    clocks.set_layout(stored["layout"])
    tenants = [_load_tenant(tenant) for tenant in stored["tenants"]]
    scopes = [_load_scope(scope) for scope in stored["scopes"]]
    return Memory(
        partition=stored["partition"],
        next_offset=stored["next_offset"],
        cursors=Cursors(
            {(t, p): Applied(low, [(a, b) for a, b in runs]) for t, p, low, runs in stored["cursors"]}
        ),
        clocks=clocks,
        tenants={tenant.name: tenant for tenant in tenants},
        scopes={(scope.tenant, scope.environment): scope for scope in scopes},
    )


def _dump_clock(clock: Clock) -> Stored:
    return {"now": clock.now, "reached": [[*source, time] for source, time in sorted(clock.reached.items())]}


def _load_clock(stored: Stored) -> Clock:
    return Clock({(topic, partition): time for topic, partition, time in stored["reached"]}, stored["now"])


def _dump_tenant(tenant: TenantMemory) -> Stored:
    return {
        "name": tenant.name,
        "entities": [[e.facts.model_dump(), e.ref] for _, e in sorted(tenant.entities.items())],
        "changes": _dump_book(tenant.book),
        "ends": _dump_ends(tenant.ends),
        "kinds_seen": tenant.kinds_seen,
        "feeds": dump_feeds(tenant.feeds),
        "swept_at": tenant.swept_at,
    }


def _load_tenant(stored: Stored) -> TenantMemory:
    entities = [
        EntityState(EntityFacts.model_validate(facts), Ref(*ref)) for facts, ref in stored["entities"]
    ]
    return TenantMemory(
        name=stored["name"],
        entities={entity.facts.entity: entity for entity in entities},
        book=_load_book(stored["changes"]),
        ends=_load_ends(stored["ends"]),
        kinds_seen=stored["kinds_seen"],
        feeds=load_feeds(stored["feeds"]),
        swept_at=stored["swept_at"],
    )


def _dump_book(book: ChangeBook) -> Stored:
    changes = sorted(book.by_ref.items())
    return [[c.facts.model_dump(), c.ref, c.settle_at, sorted(c.notes)] for _, c in changes]


def _load_book(stored: Stored) -> ChangeBook:
    book = ChangeBook()
    for facts, ref, settle_at, notes in stored:
        book.add(ChangeState(ChangeFacts.model_validate(facts), Ref(*ref), settle_at, frozenset(notes)))
    return book


def _dump_ends(book: EndBook) -> Stored:
    return sorted(book.by_fingerprint.items())


def _load_ends(stored: Stored) -> EndBook:
    return EndBook(
        {name: [End(at, Ref(*ref), settle_at) for at, ref, settle_at in ends] for name, ends in stored}
    )


def _dump_scope(scope: ScopeMemory) -> Stored:
    return {
        "tenant": scope.tenant,
        "environment": scope.environment,
        "changes": _dump_book(scope.book),
        "ends": _dump_ends(scope.ends),
        "said": dump_said(scope.said),
        "answers": [[a.facts.model_dump(), a.ref] for _, a in sorted(scope.answers.by_id.items())],
        "feeds": dump_feeds(scope.feeds),
        "published": {name: dump_published(published) for name, published in scope.published.items()},
        "decided": {name: dump_decided(decided) for name, decided in scope.decided.items()},
        "due": sorted(scope.due),
        "arrived": sorted(scope.arrived),
        "called": sorted(scope.called),
        "unrevised": sorted(scope.unrevised),
        "waits": sorted(scope.waits.items()),
        "plans": scope.planned(),
        "last_step": scope.last_step,
        "swept_at": scope.swept_at,
        "evicted": scope.evicted,
    }


def _load_scope(stored: Stored) -> ScopeMemory:
    alerts = [_load_alert(alert) for alert in stored["alerts"]]
    published = {name: load_published(item) for name, item in stored["published"].items()}
    decided = {name: load_decided(item) for name, item in stored["decided"].items()}
    due = [Due(at, what, key_of(key), ref) for at, what, key, ref in stored["due"]]
    heapify(due)
    return ScopeMemory(
        tenant=stored["tenant"],
        environment=stored["environment"],
        alerts={alert.key: alert for alert in alerts},
        book=_load_book(stored["changes"]),
        ends=_load_ends(stored["ends"]),
        said=load_said(stored["said"]),
        answers=_load_answers(stored["answers"]),
        feeds=load_feeds(stored["feeds"]),
        published=published,
        decided=decided,
        firsts={
            **{item.first: name for name, item in decided.items()},
            **{item.first: name for name, item in published.items()},
        },
        due=due,
        arrived={key_of(key) for key in stored["arrived"]},
        called={key_of(key) for key in stored["called"]},
        unrevised={key_of(key) for key in stored["unrevised"]},
        waits={key_of(key): at for key, at in stored["waits"]},
        plans=_load_plans(stored["plans"]),
        last_step=stored["last_step"],
        swept_at=stored["swept_at"],
        evicted=stored["evicted"],
    )


def _load_answers(stored: Stored) -> AnswerBook:
    answers = [AnswerState(AnswerFacts.model_validate(facts), Ref(*ref)) for facts, ref in stored]
    return AnswerBook({answer.facts.answer_id: answer for answer in answers})


def _load_plans(stored: Stored) -> tuple[Plan, Plan] | None:
    if stored is None:
        return None
    live, settled = (
        Plan(
            tuple(Told(n, tuple(joined), tuple(closed)) for n, joined, closed in told),
            tuple(map(key_of, moved)),
        )
        for told, moved in stored
    )
    return live, settled


_PLAIN = ("at", "settle_at", "last_at", "count", "ended_at", "settled", "decided", "shown", "audited_count")
"""Parts of an alert that JSON holds as they are."""


def _dump_alert(alert: AlertState) -> Stored:
    return {
        "facts": alert.facts.model_dump(),
        "ref": alert.ref,
        "notes": sorted(alert.notes),
        "resolved": alert.resolved,
        "ends": sorted(alert.ends.items()),
        "cells": sorted(alert.cells.items()),
        **{name: getattr(alert, name) for name in _PLAIN},
    }


def _load_alert(stored: Stored) -> AlertState:
    facts = kept_of(stored["facts"])
    rest = {name: stored[name] for name in _PLAIN}
    return AlertState(
        key=(facts.starts_at, facts.fingerprint),
        facts=facts,
        ref=Ref(*stored["ref"]),
        notes=frozenset(stored["notes"]),
        resolved=Ref(*stored["resolved"]) if stored["resolved"] else None,
        ends=dict(stored["ends"]),
        cells=dict(stored["cells"]),
        **rest,
    )
