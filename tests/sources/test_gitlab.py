"""GitLab: deployments with times of their own kind, feature flags without any time."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Change
from schemas.times import format_time, parse_time
from sources.gitlab import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT

PROJECT = {
    "id": 30,
    "name": "Checkout",
    "namespace": "shop",
    "path_with_namespace": "shop/checkout",
    "web_url": "http://gitlab/shop/checkout",
    "git_ssh_url": "ssh://vlad@gitlab/shop/checkout.git",
}
USER = {"username": "k.lam", "name": "K. Lam", "email": "k@example.com", "avatar_url": "x"}


def deployment(**fields: Json) -> dict[str, Any]:
    """A deployment event with some fields replaced."""
    return {
        "object_kind": "deployment",
        "status": "success",
        "status_changed_at": "2026-02-03 07:45:47 +0000",
        "deployment_id": 149814,
        "deployable_url": "http://gitlab/shop/checkout/-/jobs/796",
        "environment": "production",
        "project": PROJECT,
        "short_sha": "356549ff",
        "user": USER,
        "ref": "main",
        **fields,
    }


def flag(**attributes: Json) -> dict[str, Any]:
    """A feature flag event with some attributes replaced."""
    named = {"id": 6, "name": "new-cart", "description": "d", "active": True, **attributes}
    return {"object_kind": "feature_flag", "project": PROJECT, "user": USER, "object_attributes": named}


def only(result: Reading) -> Change:
    """The change of a delivery with one."""
    (record,) = result.records
    assert isinstance(record.message, Change)
    return record.message


def test_a_successful_deployment_is_read_whole() -> None:
    """Every fact should be read, and the project be named as catalogs name it."""
    (record,) = read(deployment(), {}, AT).records
    assert isinstance(record.message, Change)
    assert ("deploys", ("checkout",)) == (record.topic, record.key)
    time = parse_time("2026-02-03T07:45:47Z")
    assert {
        "kind": "deploy",
        "source": "gitlab",
        "source_ref": "gitlab:deployment/149814",
        "target": "service/checkout",
        "environment": "production",
        "references": (
            "gitlab.com/project-slug:shop/checkout",
            "gitlab.com/project-id:30",
            "github.com/project-slug:shop/checkout",
        ),
        "title": "deploy of checkout 356549ff to production: success",
        "after": "356549ff",
        "actor": "k.lam",
        "effective_at": time,
        "notified_at": time,
        "link": "http://gitlab/shop/checkout/-/jobs/796",
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-02-03 07:45:47 +0000", "2026-02-03T07:45:47Z"),
        ("2021-04-28 21:50:00 +0200", "2021-04-28T19:50:00Z"),
        ("2021-02-25 21:23:34 UTC", "2021-02-25T21:23:34Z"),
        ("2026-02-03T07:45:47Z", "2026-02-03T07:45:47Z"),
    ],
)
def test_times_that_are_not_iso_8601_are_read(written: str, meant: str) -> None:
    """GitLab's own form should be understood, whatever its offset."""
    assert parse_time(meant) == only(read(deployment(status_changed_at=written), {}, AT)).effective_at


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("success", "succeeded"),
        ("running", "started"),
        ("created", "started"),
        ("blocked", "started"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("marvellous", "unknown"),
    ],
)
def test_only_a_success_can_be_to_blame(state: str, status: str) -> None:
    """Other states should be kept, with the rule that clears them."""
    message = only(read(deployment(status=state), {}, AT))
    assert (status, status == "succeeded") == (message.status, message.suspectable)
    assert bool(message.verdict) != message.suspectable


def test_a_staging_deployment_keeps_its_environment() -> None:
    """The environment should be kept as GitLab names it, so that it is of another scope."""
    assert only(read(deployment(environment="staging"), {}, AT)).environment == "staging"


def test_a_tag_is_shown_as_the_version() -> None:
    """A version that people gave should be preferred to a commit."""
    assert only(read(deployment(ref="v1.4.2"), {}, AT)).after == "v1.4.2"


def test_the_feature_flag_event_has_no_time_so_the_ingest_time_counts() -> None:
    """It should take effect when it came, and have no notification time of its own."""
    message = only(read(flag(), {}, AT))
    assert (AT, None) == (message.effective_at, message.notified_at)
    assert f"gitlab:feature_flag/new-cart@{format_time(AT)}" == message.source_ref
    assert ("flag/new-cart", "false", "true") == (message.target, message.before, message.after)
    assert message.title == "flag new-cart: active false -> true"
    assert ("flag:new-cart", "gitlab.com/project-slug:shop/checkout") == message.references[:2]


@pytest.mark.parametrize("header", ["idempotency-key", "x-gitlab-event-uuid"])
def test_a_feature_flag_event_that_comes_again_is_the_same_change(header: str) -> None:
    """GitLab's header should name it, whenever it arrives, and stand in the original."""
    first, again = (only(read(flag(), {header: "4a09de30"}, at)) for at in (AT, AT + 5))
    assert "gitlab:feature_flag/new-cart@4a09de30" == first.source_ref == again.source_ref
    assert "4a09de30" in first.original


def test_a_flag_that_was_turned_off_says_so() -> None:
    """Before and after should be the two ends of the switch."""
    message = only(read(flag(active=False), {}, AT))
    assert ("true", "false") == (message.before, message.after)


def test_mail_addresses_and_repository_addresses_are_left_out_of_the_original() -> None:
    """The original should hold what names the change, and no more of people than their names."""
    original = only(read(deployment(), {}, AT)).original
    assert "k.lam" in original
    assert "example.com" not in original
    assert "git_ssh_url" not in original


@pytest.mark.parametrize("kind", ["build", "job", "pipeline", "push", "release"])
def test_builds_and_pipelines_are_no_deploys(kind: str, shared_folder: Path) -> None:
    """GitLab's other events should be ignored with the reason."""
    path = shared_folder / "samples" / "payloads" / "deploys" / "gitlab" / f"{kind}.json"
    assert ["other_event"] == [note.reason for note in read(orjson.loads(path.read_bytes()), {}, AT).ignored]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "not_an_object"),
        ({"status": "success"}, "no_object_kind"),
        (deployment(deployment_id=None), "no_id"),
        (deployment(status_changed_at="yesterday"), "no_time"),
        (flag(name=""), "no_flag"),
        (flag(active="yes"), "no_flag"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in read(body, {}, AT).refused]
