"""Owns sending spans: OpenTelemetry's own SDK, which gathers them and posts them to an OTLP/HTTP receiver by a thread.

A receiver that is slow or away costs its spans, never the work: the queue is bounded and drops. What its library
has to say becomes a line of the log. May not: be loaded where nothing is traced. Goes to: `wire.tracing`.
"""

import logging
import threading
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from schemas.events import HEADER_TRACE
from schemas.tracing import TracingSettings
from wire.tracing import Facts, Step

_CLOSE_S: Final = 1.0
"""How long the end of a process waits for its last spans."""
_GIVE_UP_S: Final = 0.3
"""How long it waits then for the library to notice that it need not try again."""
_EVERY_MS: Final = 1_000.0
_QUEUED: Final = 8_192
_FORM: Final = TraceContextTextMapPropagator()

log = structlog.get_logger()
_LIBRARY: Final = logging.getLogger("opentelemetry")
# What it says while nothing is traced, or not any more, is for nobody.
_LIBRARY.addHandler(logging.NullHandler())
_LIBRARY.propagate = False


class _Logged(logging.Handler):
    """The library's complaints as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("tracing.trouble", reason=record.getMessage())


class OtlpSpan:
    """One span of the library."""

    __slots__ = ("_span", "header")

    def __init__(self, span: trace.Span) -> None:
        said: dict[str, str] = {}
        _FORM.inject(said, trace.set_span_in_context(span))
        self._span = span
        self.header: bytes = said[HEADER_TRACE].encode()

    def note(self, event: str, facts: Facts) -> None:
        """See `wire.tracing.Span`."""
        self._span.add_event(event, dict(facts))

    def end(self, facts: Facts) -> None:
        """See `wire.tracing.Span`."""
        self._span.set_attributes(dict(facts))
        self._span.end()


class OtlpTraces:
    """The spans of this process, on their way to the receiver that the settings name."""

    def __init__(self, settings: TracingSettings, process: str, build: str) -> None:
        """Starts the thread; whether the receiver answers shows at the first spans."""
        self._logged = _Logged()
        _LIBRARY.addHandler(self._logged)
        resource = Resource.create(
            {"service.name": "incidents", "service.instance.id": process, "service.version": build}
        )
        sampler = ParentBased(TraceIdRatioBased(settings.share))
        self._provider = TracerProvider(sampler, resource, shutdown_on_exit=False)
        self._exporter = OTLPSpanExporter(endpoint=settings.address, timeout=settings.timeout_s)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter, _QUEUED, _EVERY_MS))
        log.info("tracing.started", receiver=settings.address, share=settings.share)

    def begin(self, step: Step, parent: bytes | None, facts: Facts) -> OtlpSpan:
        """See `wire.tracing.Traces`."""
        said = {HEADER_TRACE: parent.decode("latin-1")} if parent else {}
        # Of a context of its own, not of whatever the library may know in this task.
        context = _FORM.extract(said, trace.set_span_in_context(trace.INVALID_SPAN))
        kind = SpanKind.SERVER if step == "gateway" else SpanKind.CONSUMER
        tracer = self._provider.get_tracer(f"incidents.{step}")
        return OtlpSpan(tracer.start_span(step, context, kind, dict(facts)))

    def close(self) -> None:
        """See `wire.tracing.Traces`: a second, then what is left is dropped, and nothing is tried or said again.

        A request that the receiver has taken and not answered is left to its own timeout, in a thread that holds
        no process up.
        """
        ending = threading.Thread(target=self._provider.shutdown, name="tracing", daemon=True)
        ending.start()
        ending.join(_CLOSE_S)
        _LIBRARY.removeHandler(self._logged)
        if ending.is_alive():
            log.warning(
                "tracing.trouble", reason=f"not taken within {_CLOSE_S:g} s: the last spans are dropped"
            )
            self._exporter.shutdown()  # type: ignore[no-untyped-call] # published without types
            ending.join(_GIVE_UP_S)
