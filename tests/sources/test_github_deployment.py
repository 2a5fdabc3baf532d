"""GitHub's deployment: a creation is not a deploy."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.github_deployment import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources import test_github
from tests.sources.samples import AT


def created(**deployment: Json) -> dict[str, Any]:
    """A deployment that somebody asked for, with some fields replaced."""
    body = test_github.body(
        deployment={"created_at": "2026-02-03T07:40:00Z", "environment": "production", **deployment}
    )
    return {name: value for name, value in body.items() if name != "deployment_status"}


def reading(body: Json, event: str = "deployment") -> Reading:
    """What the adapter says."""
    return read(body, {"x-github-event": event}, AT)


def only(body: Json) -> Change:
    """The change of a delivery."""
    (record,) = reading(body).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_creation_is_not_a_deploy() -> None:
    """It should be kept as started, cleared, under the name that its statuses will have."""
    message = only(created())
    assert {
        "kind": "deploy",
        "source": "github",
        "source_ref": "github:deployment/857473418",
        "status": "started",
        "suspectable": False,
        "verdict": "has not taken effect yet",
        "target": "service/checkout",
        "environment": "production",
        "references": ("github.com/project-slug:shop/checkout",),
        "title": "deploy of checkout 3853f15 to production: created",
        "after": "3853f15",
        "actor": "k.lam",
        "effective_at": parse_time("2026-02-03T07:40:00Z"),
        "notified_at": parse_time("2026-02-03T07:40:00Z"),
        "link": "https://github.com/shop/checkout",
    } == message.model_dump(exclude={"original"}, exclude_defaults=True)


def test_the_original_holds_no_status_that_nobody_has_sent() -> None:
    """Only what GitHub wrote should stand there."""
    assert {"action", "deployment", "repository", "sender"} == set(orjson.loads(only(created()).original))


def test_a_status_is_read_as_ever() -> None:
    """The other event should go to its own reader."""
    assert test_github.reading(test_github.body()) == reading(test_github.body(), "deployment_status")


def test_other_events_are_ignored_as_ever() -> None:
    """The reason should be that of the other reader."""
    assert ["other_event"] == [note.reason for note in reading(test_github.body(), "push").ignored]


def test_the_published_samples_are_read(shared_folder: Path) -> None:
    """Both should be creations."""
    folder = shared_folder / "samples" / "payloads" / "deploys" / "github" / "deployment"
    assert ["started", "started"] == [
        only(orjson.loads(path.read_bytes())).status for path in sorted(folder.glob("*.json"))
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "not_a_deployment"),
        ({"deployment": 1}, "not_a_deployment"),
        (created(id=None), "no_id"),
        (created(created_at=None), "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(body).refused]
