"""Owns finding real payloads of further senders beside the checkout, and examples where there are none.

Goes to: `tests.sources.samples`. Nothing of these files is committed.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from streams.redact import Json
from tests.sources.examples import EXAMPLES

Sample = tuple[str, Mapping[str, str], Json]
"""Route, headers, body."""
_FILES = (
    ("grafana", "alerts", "**/grafana*.json"),
    ("cloudwatch", "alerts/alerta", "cloudwatch*.json"),
    ("cloudwatch", "aws", "cloudwatch*.json"),
    ("opsgenie", "alerts/zulip", "opsgenie*.json"),
    ("pagerduty", "alerts/zulip", "pagerduty*.json"),
    ("flagsmith", "flags/flagsmith", "*.json"),
    ("launchdarkly", "flags/launchdarkly/sample-context", "**/*.json"),
    ("terraform", "configs/terraform", "*.json"),
    ("cloudevents", "deploys/cdevents", "*.json"),
    ("cloudevents", "cloudevents", "**/*.json"),
    ("eventbridge", "aws", "code*.json"),
    ("gitlab", "deploys/gitlab", "*.json"),
)
"""Route, folder of the payloads, and which files there."""
_DEPLOYMENTS = "deploys/github/deployment"
"""GitHub's `deployment`, told by its header alone."""
_EXAMPLES: dict[str, tuple[Json, ...]] = {
    "publish": (
        {
            "kind": "alert",
            "name": "SmokeTestFailed",
            "service": "checkout",
            "starts_at": "2026-02-03T08:01:09Z",
        },
        {"kind": "deploy", "service": "checkout", "after": "v2", "effective_at": "2026-02-03T07:58:00Z"},
    ),
}


def sender_samples(shared: Path) -> Iterator[Sample]:
    """Every matching file of the samples, and the examples, by route."""
    for route, folder, pattern in _FILES:
        for path in sorted((shared / "samples" / "payloads" / folder).glob(pattern)):
            yield route, {}, orjson.loads(path.read_bytes())
    for path in sorted((shared / "samples" / "payloads" / _DEPLOYMENTS).glob("*.json")):
        yield "github", {"x-github-event": "deployment"}, orjson.loads(path.read_bytes())
    for route, bodies in (*_EXAMPLES.items(), *EXAMPLES.items()):
        yield from ((route, {}, body) for body in bodies)
