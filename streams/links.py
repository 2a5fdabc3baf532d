"""Why an alert belongs where it does: the strongest tie to an earlier one, and by what it is tied most."""

from collections.abc import Sequence
from math import exp
from typing import Final

from streams.kinship import Kin, Kinship, Link

FIRST: Final = Link(1.0, "first", None)


def link(kin: Kin, earlier: Sequence[Kin], kinship: Kinship) -> Link:
    """The strongest tie of an alert to one of these."""
    other = max(earlier, key=lambda one: (kinship.score(kin, one), one.at, one.key))
    return Link(_share(kinship.score(kin, other)), _rule(kin, other, kinship), other.key)


def _rule(kin: Kin, other: Kin, kinship: Kinship) -> str:
    if kin.fingerprint == other.fingerprint:
        return "same_alert"
    if kin.service is None or other.service is None:
        return "same_time"
    if kin.service == other.service:
        return "same_service"
    upstream = kinship.topology.upstream
    if other.service in upstream(kin.service) or kin.service in upstream(other.service):
        return "dependency"
    near = kinship.least(kin, other) < len(kinship.settings.common_source) - 1
    return "shared_dependency" if near else "same_time"


def _share(score: float) -> float:
    """A score as a number from 0 to 1 (logistic function)."""
    return 1 / (1 + exp(-score))
