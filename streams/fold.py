"""The fold over one partition of `signals`: one record in, everything that follows from it out.

A pure state machine: the same records with the same code and settings give the same outputs, byte for byte. It
reads no clock, sends nothing, and remembers only what is in `Memory`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.events import AlertFacts, ChangeFacts, EntityFacts
from schemas.feedback import Feedback
from schemas.kept import kept
from schemas.settings import Settings, micros
from schemas.signals import Mark, Signal
from schemas.times import LATEST
from streams import again, attention
from streams.answers import AnswerState
from streams.cause import Cause, Output
from streams.clock import clock_of
from streams.correlate import Index
from streams.ends import end_of
from streams.feedback import About, feedback_of
from streams.forget import forget, forget_changes, overflow
from streams.memory import Memory, ScopeMemory, TenantMemory, Views
from streams.reports import hear_answer, learn
from streams.revisions import revise
from streams.settling import meant, near_change, settle
from streams.state import AlertKey, AlertState, EntityState, alert_of, change_of, ref_of, settle_time
from streams.tally import Tally
from streams.topology import DESK_KINDS
from streams.turn import Turn, turn_of

_AT_ONCE = 20
"""Alerts that are placed again at once when one comes late; in a storm they wait for the next step of the clock."""


@dataclass(slots=True)
class Fold:
    """The fold: what it remembers, the settings and the build that are part of every revision."""

    memory: Memory
    settings: Settings
    build: str
    settings_hash: str = field(init=False)
    _tally: Tally = field(default_factory=Tally, init=False)

    def __post_init__(self) -> None:
        """Computes once what every record needs."""
        self.settings_hash = self.settings.fold_hash()

    def apply(self, offset: int, signal: Signal) -> list[Output]:
        """Folds the record at `offset`; returns what follows from it, in order. Offsets must only grow."""
        if offset < self.memory.next_offset:
            raise ValueError(f"offset {offset} was folded already: the next is {self.memory.next_offset}")
        self.memory.next_offset = offset + 1
        cause = Cause(self.memory.partition, offset, self.build, self.settings_hash)
        if signal.mark is not None:
            self._mark(signal.mark, cause)
        else:
            new = self.memory.cursors.apply(signal.spans)
            if new:
                self._take(signal, new, cause)
            if not signal.more_follows:
                self._look(signal, cause)
        self._tally.reached += cause.reached
        return cause.outputs

    def tallied(self) -> Tally:
        """What was counted since this was last asked."""
        tally, self._tally = self._tally, Tally()
        return tally

    def _look(self, signal: Signal, cause: Cause) -> None:
        """Looks at what a batch has called for, now that all is here that it holds of a scope, or of a tenant."""
        tenant, correlation = self.memory.tenant(signal.tenant), self.settings.correlation
        for scope in self.memory.scopes_about(signal.tenant, signal.environment):
            if scope.arrived or scope.called:
                live = scope.viewed(tenant, correlation).live
                called = attention.called_for(scope, live, correlation)
                if called:
                    revise(called, signal.ingested_at, self._turn(scope, tenant, cause))

    def _take(self, signal: Signal, new: int, cause: Cause) -> None:
        tenant = self.memory.tenant(signal.tenant)
        if signal.alert is not None and signal.alert.is_bare_end:
            self._end(signal, signal.alert, tenant)
        elif signal.alert is not None:
            self._alert(signal, signal.alert, new, tenant, cause)
        elif signal.change is not None:
            self._change(signal, signal.change, tenant, cause)
        elif signal.entity is not None:
            self._entity(signal, signal.entity, tenant)
        elif signal.feedback is not None:
            self._feedback(signal, signal.feedback, tenant, cause)
        elif signal.answer is not None:
            scope = self.memory.scope(signal.tenant, signal.environment or "")
            hear_answer(AnswerState(signal.answer, ref_of(signal)), scope)

    def _alert(self, signal: Signal, facts: AlertFacts, new: int, tenant: TenantMemory, cause: Cause) -> None:
        correlation = self.settings.correlation
        scope = self.memory.scope(signal.tenant, signal.environment or "")
        lateness, future = micros(correlation.lateness_s), micros(correlation.future_s)
        known = scope.alerts.get((facts.starts_at, facts.fingerprint))
        self._tally.add(new, is_known=known is not None)
        views = scope.viewed(tenant, correlation)
        if known is not None and again.is_repeat(known, signal, facts, scope, correlation):
            again.count(known, new, signal, scope)
            return
        seen = alert_of(signal, facts, lateness=lateness, future=future)
        for book in (scope.ends, tenant.ends):
            book.end(seen)
        alert = known or seen
        if known is None:
            self._insert(seen, scope, views)
        elif again.absorb(known, seen, scope, correlation):
            scope.called.add(alert.key)
        for settle_at in seen.ends.values():
            scope.schedule(settle_at, "end", alert.key)
        again.count(alert, new, signal, scope)
        if len(scope.alerts) > correlation.max_alerts:
            overflow(self._turn(scope, tenant, cause), signal.ingested_at)

    def _end(self, signal: Signal, facts: AlertFacts, tenant: TenantMemory) -> None:
        """Ends what has started by then; what comes later with an earlier start finds the end in the book."""
        correlation = self.settings.correlation
        lateness, future = micros(correlation.lateness_s), micros(correlation.future_s)
        end = end_of(signal, facts, lateness=lateness, future=future)
        if signal.environment is None:
            book, scopes = tenant.ends, self.memory.scopes_of(tenant.name)
        else:
            scope = self.memory.scope(signal.tenant, signal.environment)
            book, scopes = scope.ends, [scope]
        book.add(facts.fingerprint, end)
        for scope in scopes:
            live = scope.viewed(tenant, correlation).live
            begun = live.files.begun(facts.fingerprint, end.at)
            for key in begun:
                scope.schedule(end.settle_at, "end", key)
            ended = [key for key in begun if scope.alerts[key].end(end)]
            for key in ended:
                live.end(key, end.at)
            scope.called |= {key for key in ended if attention.ended(scope.alerts[key], scope, correlation)}

    def _insert(self, alert: AlertState, scope: ScopeMemory, views: Views) -> None:
        """Adds a new alert; where many are to be placed again for it, it waits for the next step of the clock."""
        alert.facts = kept(alert.facts)
        scope.alerts[alert.key] = alert
        views.live.insert(alert, alert.ended_at)
        scope.schedule(alert.settle_at, "alert", alert.key)
        if scope.said.by_id:
            self._find([alert.key], scope, views.live)
        hold = alert.ref.ingested_at + micros(self.settings.correlation.hold_s)
        scope.schedule(max(hold, alert.settle_at), "hold", alert.key)
        placed_again = views.live.waiting - len(scope.arrived)
        (scope.unrevised if placed_again > _AT_ONCE else scope.arrived).add(alert.key)

    def _change(self, signal: Signal, facts: ChangeFacts, tenant: TenantMemory, cause: Cause) -> None:
        change = change_of(signal, facts, micros(self.settings.correlation.lateness_s))
        if tenant.see_kind(facts.kind, facts.effective_at):
            self._reconsider_all(tenant)
        if signal.environment is None:
            book, feeds, scopes = tenant.book, tenant.feeds, self.memory.scopes_of(tenant.name)
        else:
            scope = self.memory.scope(signal.tenant, signal.environment)
            book, feeds, scopes = scope.book, scope.feeds, [scope]
        learn(signal, facts, feeds, scopes, self.settings)
        before = book.by_ref.get(facts.source_ref)
        since = min(facts.effective_at, before.facts.effective_at if before else facts.effective_at)
        if not book.add(change):
            return
        for scope in scopes:
            if scope.views:
                scope.views.live.reconsider(since)
            scope.schedule(change.settle_at, "change", ref=facts.source_ref)
            known = book.by_ref[facts.source_ref]
            if known.suspectable and scope.alerts:
                near = near_change(known, self._turn(scope, tenant, cause))
                scope.called |= {*attention.called_by(known.facts, near, scope, self.settings)}

    def _entity(self, signal: Signal, facts: EntityFacts, tenant: TenantMemory) -> None:
        entity = EntityState(facts, ref_of(signal))
        known = tenant.entities.setdefault(facts.entity, entity)
        if known is not entity and not known.absorb(entity):
            return
        self._reconsider_all(tenant)
        if facts.kind in DESK_KINDS:
            tenant.desk_changed()
        else:
            tenant.version += 1
            settle_at = settle_time(signal, micros(self.settings.correlation.lateness_s))
            for scope in self.memory.scopes_of(tenant.name):
                scope.views = scope.plans = None
                scope.schedule(settle_at, "catalog")

    def _feedback(self, signal: Signal, facts: Feedback, tenant: TenantMemory, cause: Cause) -> None:
        """Takes in what a person has said; it shows at once, and decisions count it once it has settled."""
        scope = self.memory.scope(signal.tenant, signal.environment or "")
        said = feedback_of(signal, facts, micros(self.settings.correlation.lateness_s))
        if not scope.said.add(said):
            return
        live = scope.viewed(tenant, self.settings.correlation).live
        self._find(scope.alerts, scope, live)
        scope.schedule(said.settle_at, "feedback", ref=facts.feedback_id)
        live.reconsider()
        scope.called |= meant(said, scope)
        if self.memory.clocks.now(scope.tenant) == LATEST:
            # No mark will come any more that could settle it: the recording has ended.
            self._step(scope, cause)

    def _find(self, keys: Iterable[AlertKey], scope: ScopeMemory, index: Index) -> None:
        """Finds the candidates that people named and that begin with one of these alerts."""

        def about(key: AlertKey) -> About:
            return About(scope.alerts[key].facts.name, index.services[key])

        if scope.said.find(scope.environment, keys, about):
            index.reconsider()

    def _reconsider_all(self, tenant: TenantMemory) -> None:
        """Has every candidate of a tenant looked at again at the next step of the clock."""
        for scope in self.memory.scopes_of(tenant.name):
            scope.unrevised |= scope.alerts.keys()

    def _mark(self, mark: Mark, cause: Cause) -> None:
        self.memory.cursors.mark(mark.topic, mark.partition, mark.next_offset)
        moved = set(self.memory.clocks.take(mark))
        if not moved:
            return
        for _, scope in sorted(self.memory.scopes.items()):
            if clock_of(scope.tenant) in moved:
                self._step(scope, cause)
        for name, tenant in sorted(self.memory.tenants.items()):
            now = self.memory.clocks.now(name)
            if clock_of(name) in moved and now is not None:
                forget_changes(tenant, self.memory.scopes_of(name), self.settings, now)

    def _step(self, scope: ScopeMemory, cause: Cause) -> None:
        """Settles and revises what is due, now that the clock of a scope has moved on."""
        now = self.memory.clocks.now(scope.tenant)
        if now is None:
            return
        turn = self._turn(scope, self.memory.tenant(scope.tenant), cause)
        touched: set[AlertKey] = settle(turn, now)
        rested = {key for key, at in scope.waits.items() if at <= now}
        for key in rested:
            del scope.waits[key]
        waiting = (scope.unrevised | scope.called | scope.arrived | rested) & scope.alerts.keys()
        scope.unrevised, scope.called, scope.arrived = set(), set(), set()
        if touched or waiting:
            revise(touched | waiting, now if now != LATEST else self._ended(scope), turn)
        forget(scope, self.settings, now)

    def _ended(self, scope: ScopeMemory) -> int:
        """A time by which a recording has ended: after all that was done in the scope, and the longest pause."""
        cut = max((published.cut_at for published in scope.published.values()), default=0)
        return max(scope.last_step, cut) + micros(self.settings.correlation.repeats_s)

    def _turn(self, scope: ScopeMemory, tenant: TenantMemory, cause: Cause) -> Turn:
        return turn_of(self.memory, scope, tenant, self.settings, cause)
