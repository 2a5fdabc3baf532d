"""What has become known of something, so that whoever has looked at it can tell whether it has to look again.

Bounded: who looked too long ago is told that everything may have changed.
"""

from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

_MOST: Final = 4_096

T = TypeVar("T")


@dataclass(slots=True)
class Touched(Generic[T]):
    """What was touched, in order."""

    _log: list[T] = field(default_factory=list)
    _forgotten: int = 0

    def add(self, what: T) -> None:
        """Notes that something was touched."""
        self._log.append(what)
        if len(self._log) >= _MOST:
            half = len(self._log) // 2
            del self._log[:half]
            self._forgotten += half

    def mark(self) -> int:
        """A mark by which to ask later what has been touched since."""
        return self._forgotten + len(self._log)

    def since(self, mark: int) -> list[T] | None:
        """What has been touched since a mark; None where that is no longer known."""
        return self._log[mark - self._forgotten :] if mark >= self._forgotten else None
