"""Owns whether a process traces: OpenTelemetry is loaded only where the settings name a receiver.

May not: make a span. Goes to: `cli.processes`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.build import build
from schemas.settings import Settings
from wire.tracing import Traces


@contextmanager
def traced(settings: Settings, process: str) -> Iterator[Traces | None]:
    """The traces of a process while it runs; none where nothing is traced."""
    if settings.tracing.endpoint is None:
        yield None
        return
    from wire.otlp import OtlpTraces  # noqa: PLC0415 - 0.1 s and 10 MB, only for those who trace

    traces = OtlpTraces(settings.tracing, process, build())
    try:
        yield traces
    finally:
        traces.close()
