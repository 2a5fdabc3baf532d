"""Owns results that are dear to make and may be a moment old: kept for a while, made once for all who ask meanwhile.

A result is shown with its age, so nobody takes it for newer than it is. May not: know what is kept, or keep it over
a restart. Goes to: the page of readiness.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog

T = TypeVar("T")
FRESH_S: Final = 60.0
"""How long a result is shown without being made anew."""
_LONGEST_S: Final = 3_600.0
"""A result older than this is not shown: whoever asks waits for the next one."""
_MOST: Final = 100

log = structlog.get_logger()


@dataclass(frozen=True)
class _Made(Generic[T]):
    value: T
    at: float


class Kept(Generic[T]):
    """Results by name, at most a hundred. Belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that only grow."""
        self._clock = clock
        self._made: dict[str, _Made[T]] = {}
        self._making: dict[str, asyncio.Task[T]] = {}

    async def get(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """The result of that name. A fresh one at once; an older one at once, too, while the next is being made.

        Without one it waits for `make`, whose error it raises.
        """
        made = self._made.get(name)
        if made and self._clock() - made.at < FRESH_S:
            return made.value
        task = self.renew(name, make)
        value = self.at_hand(name)
        # Whoever goes away ends their own wait, not that of the others.
        return await asyncio.shield(task) if value is None else value

    def at_hand(self, name: str) -> T | None:
        """The result of that name that can be shown without waiting; None where there is none."""
        made = self._made.get(name)
        return made.value if made and self._clock() - made.at < _LONGEST_S else None

    def renew(self, name: str, make: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        """Begin to make it anew, unless that is going on."""
        return self._making.get(name) or self._begin(name, make)

    def _begin(self, name: str, make: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(self._make(name, make))
        self._making[name] = task
        task.add_done_callback(lambda done: self._ended(name, done))
        return task

    async def _make(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        value = await make()
        self._made.pop(name, None)
        self._made[name] = _Made(value, self._clock())
        while len(self._made) > _MOST:
            del self._made[next(iter(self._made))]
        return value

    def _ended(self, name: str, task: asyncio.Task[T]) -> None:
        del self._making[name]
        # Somebody may be waiting for the error, or nobody.
        if not task.cancelled() and (error := task.exception()):
            log.warning("page.not_made", what=name, reason=f"{type(error).__name__}: {error}"[:300])
