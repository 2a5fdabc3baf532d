"""Owns a small disk for the tables, so that they can run out of room on a real file system.

Only root may mount one. Goes to: `tests.chaos.campaign`.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = "small-disk"
_SIZE: Final = "size=128m"


class NotMounted(RuntimeError):
    """There is no small disk. The text is one line."""


@contextmanager
def small_disk(home: Path) -> Iterator[None]:
    """A disk in the home of a system that is not started yet, and the tables on it, as long as the block."""
    disk = home / NAME
    disk.mkdir(parents=True)
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", _SIZE, "chaos", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        raise NotMounted(
            f"no small disk can be mounted, so the tables were not filled: {mounted.stderr.strip()}"
        )
    try:
        (home / "incidents.db").symlink_to(disk / "incidents.db")
        yield
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(disk)], check=True)
