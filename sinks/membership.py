"""Owns why an alert is part of an incident, in words. Goes to: the page and the terminal."""

from typing import Final

RULES: Final = {
    "first": "it came first",
    "same_service": "on the same service as another alert",
    "dependency": "a dependency between its service and the other's",
    "shared_dependency": "its service and the other's need the same one",
    "same_alert": "the same alert, where nothing names a service",
    "split": "the first of those that were split off by source",
    "same_time": "it began near the other in time; nothing else ties them",
    "continued": "the same alert, firing again",
}
"""By the rule that a member names; a rule without words is shown by its name."""
