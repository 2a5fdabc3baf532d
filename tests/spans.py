"""Owns a receiver of spans for tests: a real OTLP/HTTP server that keeps what is posted to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Told(NamedTuple):
    """One span as it was received; ids in hexadecimal digits, `parent` empty for the first of a trace."""

    name: str
    trace: str
    span: str
    parent: str
    process: str
    took_s: float
    facts: dict[str, str | int]
    events: list[dict[str, str | int]]


@dataclass
class Receiver:
    """Its address, and the spans that have come."""

    url: str
    spans: list[Told] = field(default_factory=list)

    def of(self, trace: str) -> list[Told]:
        """The spans of one trace."""
        return [span for span in self.spans if span.trace == trace]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for as long as the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    server.receiver = receiver  # type: ignore[attr-defined] # how a handler gets at it
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        known = self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
        if known:
            self.server.receiver.spans.extend(_spans(body))  # type: ignore[attr-defined] # as above
        self.send_response(200 if known else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's own signature
        """Nobody reads it."""


def _spans(body: bytes) -> Iterator[Told]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        process = str(_facts(resource.resource.attributes)["service.instance.id"])
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Told(
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    process,
                    (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                    _facts(span.attributes),
                    [_facts(event.attributes) for event in span.events],
                )


def _facts(attributes: Any) -> dict[str, str | int]:  # noqa: ANN401 - protobuf's own container
    return {each.key: each.value.string_value or each.value.int_value for each in attributes}
