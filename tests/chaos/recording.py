"""Owns the recording that goes through the faults: seeded, and each of its alerts has nothing to do with any other.

So the ids of all candidates follow from the recording alone. Goes to: a file of deliveries, for a campaign or `calm`.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_BEGIN: Final = datetime(2026, 3, 1, 8, tzinfo=UTC)
_ENVIRONMENTS: Final = ("alpha", "beta", "gamma", "delta")
_PAUSE_S: Final = 0.02
_JUNK: Final = 0.01
_MOST: Final = 3


def lines(seed: int, deliveries: int, alerts: int) -> Iterator[str]:
    """Deliveries of Alertmanager as JSON lines: `alerts` distinct ones, told again and again, and some junk."""
    chance = random.Random(seed)  # noqa: S311 - the same load every time, not a secret
    for number in range(deliveries):
        at = _BEGIN + timedelta(seconds=number * _PAUSE_S)
        if chance.random() < _JUNK:
            yield _line(at, f"{{no json, {number}.")
            continue
        known = min(alerts, 1 + number * 2 * alerts // deliveries)
        told = {known - 1, *chance.choices(range(known), k=chance.randrange(_MOST))}
        yield _line(at, {"version": "4", "status": "firing", "alerts": [_alert(k) for k in sorted(told)]})


def _line(at: datetime, body: object) -> str:
    told = {"received_at": at.isoformat(), "source": "alertmanager", "headers": {}, "body": body}
    return json.dumps(told)


def _alert(number: int) -> dict[str, Any]:
    """One alert, of a service that nobody knows."""
    name = f"Rule{number}"
    return {
        "status": "firing",
        "fingerprint": f"{number:016x}",
        "startsAt": (_BEGIN - timedelta(milliseconds=number)).isoformat(),
        "labels": {
            "alertname": name,
            "service": f"service-{number}",
            "deployment_environment_name": _ENVIRONMENTS[number % len(_ENVIRONMENTS)],
        },
    }
