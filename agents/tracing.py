"""Owns the spans of a batch: one for each record that carries a trace, for as long as the batch is in hand.

May not: change what is decided or sent but for one header. Goes to: `wire.tracing`.
"""

from collections.abc import Mapping
from typing import Final

from agents.progress import Batch
from schemas.events import HEADER_TRACE
from schemas.packets import Candidate
from streams.cause import Output
from wire.tracing import Span, Step, Traces, is_sampled, place_facts

Spans = Mapping[int, Span]
"""By the offset of its record; empty where nothing is traced."""
_NONE: Final[Spans] = {}


def begun(traces: Traces | None, step: Step, batch: Batch) -> Spans:
    """A span for each record of a batch whose trace is wanted."""
    if traces is None:
        return _NONE
    return {
        record.offset: traces.begin(step, value, place_facts(*batch.place, record.offset))
        for record in batch.records
        for name, value in record.headers
        if name == HEADER_TRACE and is_sampled(value)
    }


def noted(span: Span | None, output: Output) -> None:
    """A revision was cut at the record of a span."""
    message = output.message
    if span is not None and isinstance(message, Candidate):
        span.note(
            "revision",
            {"incidents.candidate": message.short_id, "incidents.revision": message.revision.number},
        )


def ended(spans: Spans) -> None:
    """The batch is done: everything that follows from it is acknowledged."""
    for span in spans.values():
        span.end({})
