"""Owns reading alarms of CloudWatch that come over EventBridge, which also says since when the alarm was on.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html. Goes to:
`sources.aws`.
"""

from collections.abc import Iterator
from typing import Final

from sources.cloudwatch_alarm import Alarm, alarm_item
from sources.fields import Path, at, listing, mapping, text
from sources.occurrence import Occurrence
from sources.reading import Item

_DIMENSIONS: Final[Path] = ("metricStat", "metric", "dimensions")


def alarm_state(event: Occurrence) -> Item:
    """The Alert of an alarm whose state has changed."""
    resources = [found for one in listing(at(event.data, ("resources",))) if (found := text(one))]
    name = _said(event, "alarmName")
    alarm = Alarm(
        name=name,
        identity=resources[0] if resources else name,
        state=_said(event, "state", "value"),
        state_before=_said(event, "previousState", "value"),
        changed=_said(event, "state", "timestamp"),
        since=_said(event, "previousState", "timestamp"),
        reason=_said(event, "state", "reason"),
        description=_said(event, "configuration", "description"),
        dimensions=dict(_dimensions(event)),
    )
    return alarm_item(alarm, event.original, event.source, event.sent_at, event.path)


def _said(event: Occurrence, *steps: str) -> str:
    return text(at(event.data, ("detail", *steps))) or ""


def _dimensions(event: Occurrence) -> Iterator[tuple[str, str]]:
    for metric in listing(at(event.data, ("detail", "configuration", "metrics"))):
        for name, value in mapping(at(metric, _DIMENSIONS)).items():
            said = text(value)
            if said:
                yield name, said
