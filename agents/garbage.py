"""Owns how often a worker, a gateway, a replay or the sink looks for garbage.

Nearly all that a fold, a delivery or a packet makes is kept, or gone with its last reference; only what refers to
itself in a circle needs the collector. As Python has it, that looks at what is young after each 700 objects, and so
often at all that is remembered that it takes a quarter of the time of a storm, an eighth of that of a gateway, up to a
fifth of that of a replay, and a seventh of that of a sink with many packets in hand. May not: switch it off. Goes to:
whoever runs folds, takes deliveries or stores.
"""

import gc
from typing import Final

_YOUNG: Final = 100_000
"""Objects made and not gone after which what is young is looked at: a few milliseconds."""
_ROUNDS: Final = 20
"""Looks at what is young to one at what has outlived one."""


def spare() -> None:
    """Has garbage looked for seldom, and never among what has been made by now: modules, types, schemas."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _ROUNDS, _ROUNDS)
