"""Owns seeing which catalog files of a folder have changed since they were last taken.

By their content, not by their times: a checkout or a mounted volume touches files that say the same. May not:
read what they say. Goes to: `incidents publish catalog --watch`.
"""

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Final

from schemas.identity import content_hash

_ENDINGS: Final = (".yaml", ".yml", ".json", ".md")


class WatchedFolder:
    """A folder, and the content of its files that has been dealt with."""

    def __init__(self, folder: Path) -> None:
        """Nothing of it has been dealt with yet."""
        self._folder = folder
        self._done: dict[Path, str] = {}
        self._again: dict[Path, float] = {}

    def changed(self, now: float) -> Iterator[tuple[Path, bytes]]:
        """The files that are new, say something else, or are due again at `now` (seconds of any clock), by path.

        One that is just being taken away is none.
        """
        for path in sorted(self._folder.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(self._folder).parts)
            if hidden or path.suffix not in _ENDINGS:
                continue
            try:
                content = path.read_bytes()
            except (FileNotFoundError, IsADirectoryError):
                continue
            if self._done.get(path) != content_hash(content) or self._again.get(path, inf) <= now:
                yield path, content

    def done(self, path: Path, content: bytes, again: float | None = None) -> None:
        """This content of the file has been dealt with, well or not, and is due `again` at that time, if ever."""
        self._done[path] = content_hash(content)
        self._again[path] = inf if again is None else again
