"""Terraform: only an applied run takes effect; a test is all nulls."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.reading import Reading
from sources.terraform import read
from streams.redact import Json
from tests.sources.samples import AT

STEP: dict[str, Json] = {
    "message": "Run Applied",
    "trigger": "run:completed",
    "run_status": "applied",
    "run_updated_at": "2026-02-03T09:11:55.699Z",
    "run_updated_by": "k.lam",
}


def notification(*steps: Json, **fields: Json) -> dict[str, Any]:
    """A delivery with these notifications and some fields replaced."""
    return {
        "payload_version": 1,
        "run_url": "https://app.terraform.io/app/shop/network-prod/runs/run-3b54",
        "run_id": "run-3b54",
        "run_message": "Rotate NAT gateway addresses",
        "run_created_at": "2026-02-03T09:07:15.794Z",
        "run_created_by": "sample-user",
        "workspace_id": "ws-4442",
        "workspace_name": "network-prod",
        "organization_name": "shop",
        "notifications": list(steps),
        **fields,
    }


def reading(body: Json) -> Reading:
    """What the adapter says."""
    return read(body, {}, AT)


def only(body: Json) -> Change:
    """The change of a delivery with one."""
    (record,) = reading(body).records
    assert isinstance(record.message, Change)
    return record.message


def test_an_applied_run_is_a_config_change() -> None:
    """Every fact should be read; the time should be that of the apply, not of the run's creation."""
    (record,) = reading(notification(STEP)).records
    assert isinstance(record.message, Change)
    target = "config/workspaces/shop/network-prod"
    assert ("configs", (target,), "/notifications/0") == (record.topic, record.key, record.path)
    time = parse_time("2026-02-03T09:11:55.699Z")
    assert {
        "kind": "config",
        "source": "terraform",
        "source_ref": "terraform:run-3b54",
        "target": target,
        "environment": "prod",
        "references": ("terraform/workspaces:network-prod", "terraform:shop/network-prod"),
        "title": "terraform network-prod: Rotate NAT gateway addresses: applied",
        "actor": "k.lam",
        "effective_at": time,
        "notified_at": time,
        "link": "https://app.terraform.io/app/shop/network-prod/runs/run-3b54",
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("state", "status", "verdict"),
    [
        ("applied", "succeeded", ""),
        ("planned_and_finished", "succeeded", "a plan alone changes nothing"),
        ("planned_and_saved", "started", "a plan alone changes nothing"),
        ("pending", "started", "has not taken effect yet"),
        ("planned", "started", "has not taken effect yet"),
        ("applying", "started", "has not taken effect yet"),
        ("canceled", "failed", "failed, so it did not take effect"),
        ("errored", "failed", "failed, so it did not take effect"),
        ("discarded", "failed", "failed, so it did not take effect"),
        (None, "unknown", "its state is not one that we know"),
    ],
)
def test_only_an_applied_run_can_be_to_blame(state: str | None, status: str, verdict: str) -> None:
    """Other states should be kept, with the rule that clears them."""
    message = only(notification({**STEP, "run_status": state}))
    assert (status, verdict, not verdict) == (message.status, message.verdict, message.suspectable)


def test_the_test_of_an_address_is_all_nulls_and_no_change() -> None:
    """It should be ignored with the reason, not refused."""
    nulls: dict[str, Json] = dict.fromkeys(
        ("run_url", "run_id", "run_message", "run_created_at", "workspace_name")
    )
    test: Json = {
        "message": "Verification of test",
        "trigger": "verification",
        "run_status": None,
        "run_updated_at": None,
    }
    assert ["verification"] == [note.reason for note in reading(notification(test, **nulls)).ignored]


def test_every_notification_is_read_by_itself() -> None:
    """Good ones should be read beside bad ones, and each keep no more than itself."""
    result = reading(notification(STEP, {**STEP, "run_updated_at": "x"}, {**STEP, "trigger": "verification"}))
    assert (["/notifications/0", "/notifications/1"], ["/notifications/2"]) == (
        [one.path for one in result.records],
        [one.path for one in result.ignored],
    )
    assert isinstance(result.records[0].message, Change)
    assert len(orjson.loads(result.records[0].message.original)["notifications"]) == 1


@pytest.mark.parametrize(
    ("workspace", "environment"),
    [("network-prod", "prod"), ("staging", "staging"), ("my-workspace", None), ("product", None)],
)
def test_a_workspace_may_name_an_environment(workspace: str, environment: str | None) -> None:
    """Only where its name ends with the word of one."""
    assert environment == only(notification(STEP, workspace_name=workspace)).environment


@pytest.mark.parametrize(
    ("name", "reason"),
    [("notification.5", "no_run")],
)
def test_a_destruction_that_did_not_start_is_no_change(shared_folder: Path, name: str, reason: str) -> None:
    """The published sample without a run should be ignored."""
    path = shared_folder / "samples" / "payloads" / "configs" / "terraform" / f"{name}.json"
    assert [reason] == [note.reason for note in reading(orjson.loads(path.read_bytes())).ignored]


def test_a_destruction_by_schedule_is_a_change(shared_folder: Path) -> None:
    """The published sample of the second version should be read by the run that carried it out."""
    path = shared_folder / "samples" / "payloads" / "configs" / "terraform" / "notification.4.json"
    message = only(orjson.loads(path.read_bytes()))
    assert ("terraform:run-vRVQxpqq64EA9V5a", True) == (message.source_ref, message.suspectable)
    assert message.title == "terraform learned-english-dog: destroyed by its schedule: applied"


@pytest.mark.parametrize("trigger", ["assessment:drifted", "workspace:auto_destroy_reminder", None])
def test_what_only_tells_of_a_workspace_is_ignored(trigger: str | None) -> None:
    """Drift and reminders should be ignored with the reason."""
    body: Json = {"payload_version": "2", "trigger_scope": "workspace", "trigger": trigger, "details": {}}
    assert ["other_trigger"] == [note.reason for note in reading(body).ignored]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (3, "not_an_object"),
        ({"run_id": "x"}, "no_notifications"),
        (notification(STEP, run_id=None), "no_run"),
        (notification(STEP, workspace_name=None), "no_run"),
        (notification({**STEP, "run_updated_at": None}, run_created_at=None), "no_time"),
        (notification("x", run_created_at=None), "no_time"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(body).refused]


def test_a_delivery_without_notifications_is_ignored() -> None:
    """There is nothing to read in it."""
    assert ["empty"] == [note.reason for note in reading(notification()).ignored]
