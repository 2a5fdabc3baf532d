"""What kind of trouble an alert tells of, by the words in its name: the golden signals, and the workload itself.

After "the four golden signals" (Beyer et al., Site Reliability Engineering, chapter 6): errors, latency, traffic,
saturation. Troubles travel in different directions: errors and latency reach those who call, missing traffic
reaches those who are called, and a sick workload stays where it is.
"""

from functools import lru_cache
from typing import Final, Literal

Golden = Literal["errors", "latency", "traffic", "workload", "other"]

_WORDS: Final[tuple[tuple[Golden, tuple[str, ...]], ...]] = (
    ("errors", ("error", "availability", "unavailable", "5xx", "fail", "exception")),
    ("latency", ("latency", "slow", "duration", "p95", "p99", "timeout")),
    ("traffic", ("norequest", "traffic", "nodatabase", "throughput", "nodata")),
    (
        "workload",
        ("kube", "pod", "container", "cpu", "memory", "node", "disk", "hpa", "quota", "spend", "restart"),
    ),
)


@lru_cache(maxsize=4096)
def golden_of(name: str) -> Golden:
    """The kind of trouble that an alert rule of this name tells of; the first kind with a word in the name."""
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    return next((golden for golden, words in _WORDS if any(word in plain for word in words)), "other")
