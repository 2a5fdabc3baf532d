"""Owns how signals reach a running system: as KeyboardInterrupt in the main thread, so that `finally` runs.

May not: stop anything itself. Goes to: `local.supervisor`.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Handler = Callable[[int, FrameType | None], object]


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP asked for an orderly end, rather than a person at the keyboard."""


def _raise(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """The end is already under way."""


@contextlib.contextmanager
def _handled_by(handler: _Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("signals reach the main thread only")
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, kept in before.items():
            signal.signal(number, kept)


def as_interrupts() -> contextlib.AbstractContextManager[None]:
    """Inside the block SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread."""
    return _handled_by(_raise)


def ignored() -> contextlib.AbstractContextManager[None]:
    """Inside the block the same signals do nothing: an orderly end is bounded in time and not cut short."""
    return _handled_by(_pass_over)


def interrupt_main() -> None:
    """Raise KeyboardInterrupt in the main thread, from any other."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
