"""A draft for people outside: what they may notice, since when, and whether it is over. Needs a person's approval.

It names nothing of ours: no service, host, change, team or person. Only fixed words, times, and numbers.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.claims import Claim
from schemas.model import built
from schemas.packets import Failing, Moment
from schemas.times import to_datetime
from schemas.words import OutsideDraft
from streams.assess import Assessment
from streams.citations import claim, time_value
from streams.golden import Golden, golden_of

_NOTICED: Final[dict[Golden, str]] = {
    "errors": "some requests have been failing",
    "latency": "some requests have been slower than usual",
    "traffic": "fewer requests than usual have been coming through",
}
"""What somebody outside may notice of a kind of trouble; the first kind that any alert tells of counts."""
_ELSE: Final = "we have seen a disturbance that you may notice"


def outside_of(
    assessment: Assessment, failing: Sequence[Failing], timeline: Sequence[Moment]
) -> OutsideDraft:
    """The draft of a candidate. It waits for approval, whatever it says."""
    return built(OutsideDraft, sentences=(*_noticed(assessment, failing), *_over(assessment, timeline)))


def _noticed(assessment: Assessment, failing: Sequence[Failing]) -> Iterator[Claim]:
    kinds = {golden_of(line.alert): line for line in reversed(failing)}
    told = next((kind for kind in _NOTICED if kind in kinds), None)
    line = kinds[told] if told else failing[0]
    words = _NOTICED[told] if told else _ELSE
    text = f"Since {to_datetime(assessment.group.onset):%H:%M} UTC {words}."
    first = failing[0].claim.evidence[:1]
    yield claim(text, *first, *line.claim.evidence[:1], values=(time_value(assessment.opened_at),))


def _over(assessment: Assessment, timeline: Sequence[Moment]) -> Iterator[Claim]:
    """That it is over is said only where every alert has ended, and by the latest end that is told."""
    ends = [moment for moment in timeline if moment.kind == "resolved"]
    if ends and not assessment.firing:
        last = max(ends, key=lambda moment: moment.at)
        yield claim(f"It was over by {to_datetime(last.at):%H:%M} UTC.", *last.evidence)
