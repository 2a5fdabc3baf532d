"""Why an alert belongs where it does: the strongest tie to an earlier one, and by what it is tied most."""

from collections.abc import Sequence
from math import exp
from typing import Final

from streams.kinship import Kin, Kinship, Link

FIRST: Final = Link(1.0, "first", None)


def link(kin: Kin, earlier: Sequence[Kin], kinship: Kinship) -> Link:
    """The strongest tie of an alert to one of these."""
    scores = enumerate(kinship.scores(kin, earlier))
    score, _, _, which = max((score, earlier[n].at, earlier[n].key, n) for n, score in scores)
    return Link(_share(score), _rule(kin, earlier[which], kinship), earlier[which].key)


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
