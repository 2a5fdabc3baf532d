"""Owns finding real payloads of every format beside the checkout, and bodies that are made of them.

Goes to: the tests of the adapters. Nothing of these files is committed.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson

from sources.catalogue import FORMATS
from sources.recording import Delivery, deliveries
from streams.redact import Json
from tests.sources.senders import sender_samples

AT = 1_770_000_000_000_000
"""An ingest time in February 2026."""


def sample_deliveries(shared: Path) -> Iterator[Delivery]:
    """Every matching file of the samples as a delivery by its route."""
    payloads = shared / "samples" / "payloads"
    for path in sorted((payloads / "alerts").rglob("*.json")):
        yield from (Delivery(AT, "alertmanager", {}, body) for body in _bodies(path))
    for path in sorted((payloads / "deploys" / "github" / "deployment_status").glob("*.json")):
        headers = {"x-github-event": "deployment_status"}
        yield from (Delivery(AT, "github", headers, body) for body in _bodies(path))
    for path in sorted((payloads / "configs" / "k8s-audit").glob("*.json")):
        yield from (Delivery(AT, "kubernetes-audit", {}, body) for body in _bodies(path))
    yield from _flag_events(shared)
    for route, with_headers, body in sender_samples(shared):
        yield Delivery(AT, route, with_headers, body)
    for path in sorted((shared / "samples" / "catalogs").rglob("*.yaml")):
        yield Delivery(AT, "catalog", {}, path.read_text("utf-8"))


def recorded(shared: Path) -> Iterator[Delivery]:
    """Every recorded delivery by a route that exists, the catalogs first."""
    for folder in sorted((shared / "evaluation" / "dev").iterdir()):
        yield Delivery(AT, "catalog", {}, (folder / "catalog.yaml").read_text("utf-8"))
        yield from (one for one in deliveries(folder / "events.jsonl") if one.source in FORMATS)


def _flag_events(shared: Path) -> Iterator[Delivery]:
    """Every pair of flagd documents as before and after."""
    documents = [
        body
        for path in sorted((shared / "samples" / "payloads" / "flags" / "flagd").rglob("*.json"))
        for body in _bodies(path)
        if isinstance(body, dict) and "flags" in body
    ]
    for before in documents:
        for after in documents:
            yield Delivery(AT, "flagd", {}, flag_event(before, after))


def flag_event(before: Json, after: Json, time: str = "2026-02-03T08:01:09.412Z") -> Json:
    """A CloudEvent about two documents."""
    return {
        "specversion": "1.0",
        "id": "9ea509a3",
        "source": "flagd/otel-demo",
        "type": "dev.flagd.flags.changed",
        "time": time,
        "data": {"before": before, "after": after},
    }


def _bodies(path: Path) -> Iterator[Json]:
    """The JSON of a file, or of each of its lines."""
    try:
        yield orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        yield from (orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip())
