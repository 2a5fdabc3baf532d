"""How often a worker looks for garbage: seldom, but it does."""

import subprocess
import sys
from typing import Final

_CIRCLES: Final = """
import gc, weakref
from agents.garbage import spare
class Circle:
    def __init__(self): self.me = self
spare()
last = weakref.ref(Circle())
for _ in range(150_000): Circle()
print(gc.isenabled(), last() is None, gc.get_freeze_count() > 0)
"""


def test_what_refers_to_itself_is_gone_in_the_end_though_garbage_is_looked_for_seldom() -> None:
    """In a process of its own, since it changes the process: circles made after it are collected, by themselves."""
    done = subprocess.run([sys.executable, "-c", _CIRCLES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]
