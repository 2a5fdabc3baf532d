"""Spans of one process: none where no receiver is named, and never at the cost of the work."""

import logging
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from local.ports import free_ports
from schemas.tracing import TracingSettings
from tests.facts import eventually
from tests.spans import Receiver, receiving
from wire.otlp import OtlpTraces
from wire.tracing import Traces, carried, is_sampled

_AT_ONCE_S = 2.0
"""How long the end of a process may wait for a receiver that is away."""
_FORM = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-0([0-3])")


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """One receiver for all of them."""
    with receiving() as receiver:
        yield receiver


@contextmanager
def tracing(endpoint: str, share: float = 1.0, timeout_s: float = 5.0) -> Iterator[Traces]:
    """The traces of a process that sends there."""
    settings = TracingSettings(endpoint=endpoint, share=share, timeout_s=timeout_s)
    with closing(OtlpTraces(settings, "test-1", "test")) as traces:
        yield traces


def _ended(closing_s: float) -> None:
    """The end took no longer than it may, and nobody is left who could say or send anything later."""
    assert closing_s < _AT_ONCE_S
    eventually(lambda: not _threads(), 30, "the library's threads have ended")


def _threads() -> set[str]:
    ours = ("Otel", "tracing")
    return {thread.name for thread in threading.enumerate() if thread.name.startswith(ours)}


def _named(header: bytes) -> tuple[str, str, int]:
    """Trace, span and whether it is sampled, as a header says it."""
    found = _FORM.fullmatch(header)
    assert found is not None
    trace, span, flags = (part.decode() for part in found.groups())
    return trace, span, int(flags) & 1


def test_without_a_receiver_there_are_no_traces_and_nothing_is_loaded() -> None:
    """A process that traces nothing should not have OpenTelemetry in its memory."""
    code = (
        "import sys; from schemas.settings import Settings; from cli.tracing import traced\n"
        "with traced(Settings(), 'x') as traces: assert traces is None\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
    assert () == carried(None)


def test_a_span_is_sent_with_what_it_says_of_itself(receiver: Receiver) -> None:
    """Name, parent, facts and events should arrive under the process's name; its header should name it."""
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with tracing(receiver.url) as traces:
        span = traces.begin("router", f"00-{trace}-{parent}-01".encode(), {"a": 1})
        span.note("happened", {"b": "c"})
        span.end({"d": 2})
    (told,) = receiver.of(trace)
    assert ("router", parent, "test-1") == (told.name, told.parent, told.process)
    assert ({"a": 1, "d": 2}, [{"b": "c"}]) == (told.facts, told.events)
    assert (trace, told.span, 1) == _named(span.header)


@pytest.mark.parametrize(
    "stated",
    [
        b"",
        b"00-00000000000000000000000000000000-b7ad6b7169203331-01",
        b"\x1b[31m00-x\xff\xfe",
        b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-and more",
        b"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        b"9" * 100_000,
    ],
)
def test_what_is_no_trace_begins_one(receiver: Receiver, stated: bytes) -> None:
    """Whatever a sender writes there, the span should be the first of a trace of its own."""
    with tracing(receiver.url) as traces:
        span = traces.begin("gateway", stated, {})
        span.end({})
    (told,) = receiver.of(_named(span.header)[0])
    assert "" == told.parent


def test_a_sender_decides_and_of_others_a_share_is_traced(receiver: Receiver) -> None:
    """With a share of none, what comes untraced should stay so, and carry that; what is sampled should be sent."""
    sampled = b"00-11111111111111111111111111111111-b7ad6b7169203331-01"
    with tracing(receiver.url, share=0) as traces:
        mine, theirs = traces.begin("gateway", None, {}), traces.begin("gateway", sampled, {})
        for span in (mine, theirs):
            span.end({})
    trace, _, flag = _named(mine.header)
    assert (0, []) == (flag, receiver.of(trace))
    assert [False, True] == [is_sampled(span.header) for span in (mine, theirs)]
    assert 1 == len(receiver.of("1" * 32))


def test_a_receiver_that_is_away_holds_nothing_up(capfd: pytest.CaptureFixture[str]) -> None:
    """Spans should be dropped with a line in the log, and the end of the process should not wait for them."""
    (port,) = free_ports(1)
    # More spans than wait for a receiver, within the time in which none is given up.
    with tracing(f"http://127.0.0.1:{port}", timeout_s=300) as traces:
        for _ in range(10_000):
            traces.begin("sink", None, {}).end({})
        assert "Queue full, dropping" in "".join(capfd.readouterr())
        began = time.monotonic()
    _ended(time.monotonic() - began)
    assert "the last spans are dropped" in "".join(capfd.readouterr())


def test_a_receiver_that_takes_and_never_answers_holds_the_end_up_no_longer(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What is under way is left to itself, and has nothing to say any more in a process that has ended it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with tracing(f"http://127.0.0.1:{silent.getsockname()[1]}") as traces:
            traces.begin("sink", None, {}).end({})
            began = time.monotonic()
        took_s = time.monotonic() - began
        assert "the last spans are dropped" in "".join(capfd.readouterr())
    _ended(took_s)
    logging.getLogger("opentelemetry.sdk").warning("said too late")
    assert "" == "".join(capfd.readouterr())
