"""Owns the spans of a batch of the sink: one for each packet whose record carries a trace, until it can be read.

May not: change what is stored. Goes to: `wire.tracing`.
"""

from collections.abc import Iterable

from sinks.batch import Batch
from wire.tracing import Span, Traces, is_sampled, place_facts


def begun(traces: Traces | None, batch: Batch) -> tuple[Span, ...]:
    """A span for each traced packet of a batch; none where nothing is traced."""
    if traces is None:
        return ()
    wanted = [(trace, place) for trace, place in batch.traced if is_sampled(trace)]
    return tuple(traces.begin("sink", trace, place_facts(*place)) for trace, place in wanted)


def told(spans: Iterable[Span]) -> None:
    """The batch can be read."""
    for span in spans:
        span.end({})
