"""GitHub's deployment_status: when a deploy takes effect, what it names, what is no deploy."""

from typing import Any

import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.github import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT

_STATUS = {
    "state": "success",
    "environment": "production",
    "created_at": "2026-02-03T07:43:08Z",
    "updated_at": "2026-02-03T07:43:09Z",
}
_DEPLOYMENT = {
    "id": 857473418,
    "sha": "3853f158cd1d6732b6d04b8ad594858b785b5988",
    "ref": "main",
    "payload": {},
    "creator": {"login": "k.lam"},
}


def body(status: dict[str, Any] | None = None, deployment: dict[str, Any] | None = None) -> dict[str, Any]:
    """A delivery with some fields of its two halves replaced."""
    return {
        "action": "created",
        "deployment_status": {**_STATUS, **(status or {})},
        "deployment": {**_DEPLOYMENT, **(deployment or {})},
        "repository": {
            "full_name": "shop/checkout",
            "html_url": "https://github.com/shop/checkout",
            "keys_url": "x",
        },
        "sender": {"login": "bot", "avatar_url": "x"},
    }


def reading(delivered: Json, event: str = "deployment_status") -> Reading:
    """What the adapter says."""
    return read(delivered, {"x-github-event": event}, AT)


def only(status: dict[str, Any] | None = None, deployment: dict[str, Any] | None = None) -> Change:
    """The change that a delivery reports."""
    (record,) = reading(body(status, deployment)).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_success_is_a_deploy_that_took_effect() -> None:
    """Every fact should be read; the time should be that of the status, not of the deployment."""
    (record,) = reading(body()).records
    assert isinstance(record.message, Change)
    assert ("deploys", ("checkout",)) == (record.topic, record.key)
    assert {
        "kind": "deploy",
        "source": "github",
        "source_ref": "github:deployment/857473418",
        "target": "service/checkout",
        "environment": "production",
        "references": ("github.com/project-slug:shop/checkout",),
        "title": "deploy of checkout 3853f15 to production: success",
        "after": "3853f15",
        "actor": "k.lam",
        "effective_at": parse_time("2026-02-03T07:43:08Z"),
        "notified_at": parse_time("2026-02-03T07:43:09Z"),
        "link": "https://github.com/shop/checkout",
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("state", "status", "suspectable"),
    [
        ("success", "succeeded", True),
        ("in_progress", "started", False),
        ("queued", "started", False),
        ("pending", "started", False),
        ("failure", "failed", False),
        ("error", "failed", False),
        ("marvellous", "unknown", False),
    ],
)
def test_only_a_success_can_be_to_blame(state: str, status: str, suspectable: bool) -> None:  # noqa: FBT001 - a table
    """Other states should be kept, with the rule that clears them."""
    message = only({"state": state})
    assert (status, suspectable) == (message.status, message.suspectable)
    assert bool(message.verdict) != suspectable


@pytest.mark.parametrize(
    "payload",
    [{"service": "cart", "previous_sha": "88a0d13"}, '{"service": "cart", "previous_sha": "88a0d13"}'],
)
def test_the_payload_may_be_an_object_or_a_text(payload: Json) -> None:
    """A service that the payload names should be read from both."""
    message = only(deployment={"payload": payload})
    assert ("cart", "88a0d13", "service/cart") == (message.service, message.before, message.target)
    assert ("service:cart", "github.com/project-slug:shop/checkout") == message.references


@pytest.mark.parametrize("payload", ["", "no json", "[1]", None, [], {"service": {"a": 1}}])
def test_a_payload_that_names_nothing_does_no_harm(payload: Json) -> None:
    """No service should be made up."""
    assert only(deployment={"payload": payload}).service is None


def test_a_tag_is_shown_as_the_version() -> None:
    """A version that people gave should be preferred to a commit."""
    assert only(deployment={"ref": "v1.4.2"}).after == "v1.4.2"


def test_a_staging_deploy_keeps_its_environment() -> None:
    """The environment should be kept as GitHub names it."""
    assert only({"environment": "staging"}).environment == "staging"


@pytest.mark.parametrize(
    ("delivered", "event", "reason"),
    [
        ({"zen": "Design for failure.", "hook_id": 1}, "ping", "ping"),
        (body(), "push", "other_event"),
        (body(), "deployment", "other_event"),
        (body({"state": "inactive"}), "deployment_status", "inactive"),
    ],
)
def test_what_is_no_deploy_is_ignored_with_the_reason(delivered: Json, event: str, reason: str) -> None:
    """Understood deliveries without a deploy should be ignored, not refused."""
    result = reading(delivered, event)
    assert ([reason], 0, 0) == (
        [note.reason for note in result.ignored],
        len(result.records),
        len(result.refused),
    )


@pytest.mark.parametrize(
    ("delivered", "reason"),
    [
        ([], "not_an_object"),
        ({"deployment_status": 1}, "not_a_deployment_status"),
        (body(deployment={"id": None}), "no_id"),
        (body({"created_at": "x", "updated_at": None}), "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(delivered: Json, reason: str) -> None:
    """The refusal should have a reason and say what is missing."""
    assert [reason] == [refused.reason for refused in reading(delivered).refused]


def test_the_long_lists_of_addresses_are_left_out_of_the_original() -> None:
    """The original should hold the deploy, and of the repository only what names it."""
    original = only().original
    assert "shop/checkout" in original
    assert "keys_url" not in original
    assert "avatar_url" not in original
