"""Owns what was known of an incident at a moment: the candidates as they were so long after its first alert.

May not: judge them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cli.inprocess import InProcess
from cli.replay import Step
from schemas.packets import Candidate
from schemas.settings import micros
from schemas.times import parse_time
from sources.recording import Tick

Named = tuple[str, int]
"""An alert as the scorer knows it: fingerprint, and start in milliseconds."""


def early(
    run: InProcess, steps: Iterable[Step], incidents: Mapping[str, Mapping[str, Any]], seconds: float
) -> Iterator[tuple[str, list[Candidate]]]:
    """For each incident, all candidates so many seconds after one showed its first alert, on a grid of 10 s.

    `incidents` are those of a truth by id; only their alerts are looked at.
    """
    waiting = {name: {_named(alert) for alert in one["alerts"]} for name, one in incidents.items()}
    latest: dict[str, Candidate] = {}
    due: dict[str, int] = {}
    shown = set[Named]()
    for step in steps:
        for output in run.run([step]):
            if isinstance(output.message, Candidate):
                latest[output.message.candidate_id] = output.message
                shown |= {(one.fingerprint, one.starts_at // 1000) for one in output.message.members}
        if isinstance(step, Tick):
            for name in [name for name, at in due.items() if at <= step.at]:
                del due[name]
                yield name, list(latest.values())
            for name in [name for name, alerts in waiting.items() if alerts & shown]:
                del waiting[name]
                due[name] = step.at + micros(seconds)


def _named(alert: Mapping[str, str]) -> Named:
    return alert["fingerprint"], parse_time(alert["starts_at"]) // 1000
